import { createHash } from 'node:crypto';
import t from 'tap';
import { type Frontier, MerkleTree } from '../../lib/audit/index.js';
import { fromHex, toHex } from '../../lib/base/index.js';
import { loadSha256 } from '../../lib/crypto/index.js';

// The eight leaves and roots that certificate-transparency-go and every other implementation test with.
const LEAVES = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  fromHex,
);
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const tree = new MerkleTree(await loadSha256());

t.test('the well-known roots of zero to eight leaves', async (t) => {
  let frontier: Frontier = [];
  t.equal(toHex(tree.root(frontier)), ROOTS[0]);
  for (const [size, leaf] of LEAVES.entries()) {
    frontier = tree.append(size, frontier, leaf);
    t.equal(toHex(tree.root(frontier)), ROOTS[size + 1], `${size + 1} leaves`);
  }
});

t.test('agrees with the recursive definition of RFC 9162 section 2.1.1 over node:crypto', async (t) => {
  const leaves: Uint8Array[] = [];
  let frontier: Frontier = [];
  for (let size = 0; size < 130; size++) {
    const leaf = Uint8Array.of(size, size >> 3);
    frontier = tree.append(size, frontier, leaf);
    leaves.push(leaf);
    if (toHex(tree.root(frontier)) !== toHex(naiveRoot(leaves))) t.fail(`roots differ at ${size + 1}`);
  }
  t.equal(frontier.length, 2, '130 has two bits set');
});

t.test('a frontier of another size is refused', async (t) => {
  const one = tree.append(0, [], Uint8Array.of(1));
  for (const [size, frontier] of [
    [1, []],
    [0, one],
    [2, []],
    [3, one],
  ] as const) {
    t.throws(() => tree.append(size, frontier, Uint8Array.of(2)), { name: 'AuditError', code: 'bad_frontier' });
  }
});

function naiveRoot(leaves: readonly Uint8Array[]): Uint8Array {
  const [only] = leaves;
  if (only === undefined) return sha256();
  if (leaves.length === 1) return sha256(Uint8Array.of(0), only);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return sha256(Uint8Array.of(1), naiveRoot(leaves.slice(0, split)), naiveRoot(leaves.slice(split)));
}

function sha256(...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
}
