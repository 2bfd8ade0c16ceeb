import { X509Certificate } from 'node:crypto';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { endOfChain, readTrustFile, writeTrustFile } from '../../lib/identity/index.js';
import { generateCa } from '../../lib/pki/index.js';
import { ServerTrust } from '../../lib/server/trust/server-trust.js';
import { addServerKey, promoteServerKey, readServerKey } from '../../lib/vault/index.js';
import { authorityPem, followChain, signStatement } from '../../lib/wire/index.js';
import { makeKit, PASSPHRASE } from '../vault/kit.js';

const ed25519 = await loadEd25519();
const ca = new X509Certificate(generateCa({ commonName: 'test CA', days: 30, clock: systemClock }).certificatePem);

/** A host with its server keys, and the steps of a replacement one by one, so that each may be the last before a crash. */
async function setUp(t: Test) {
  const { vault, secretsDir } = makeKit(t);
  await vault.init(PASSPHRASE, { serverKeys: ['policy'] });
  const place = { secretsDir };
  const path = join(secretsDir, '..', 'trust');
  const change = { lock: { exclusively: <T>(work: () => Promise<T>) => work() }, createdMs: 1, by: 'test' };
  const signerOf = async (name: string) => {
    const seed = await readServerKey(place, name);
    return ed25519.importSigner(seed.expose());
  };
  const add = () => addServerKey(place, 'policy-next', change);
  const announce = async () => {
    const [predecessor, own] = [await signerOf('policy'), await signerOf('policy-next')];
    const chain = await readTrustFile(path);
    const { number, head } = await endOfChain(chain, predecessor.publicKey);
    const statement = {
      ...{ trustDomain: 'vigo-test', number: number + 1, previous: head, issuedAtMs: 1 },
      ...{ policyKey: own.publicKey, checkpointKey: own.publicKey, authorities: [ca.raw] },
    };
    await writeTrustFile(path, [...chain, await signStatement(statement, predecessor, own)]);
  };
  const promote = () => promoteServerKey(place, 'policy-next', 'policy', change);
  const open = () => ServerTrust.open(place, path);
  return { path, signerOf, add, announce, promote, open };
}

t.test('a crash at each step of a replacement leaves the old key or the new one', async (t) => {
  const { signerOf, add, announce, promote, open } = await setUp(t);
  const old = (await signerOf('policy')).publicKey;
  t.same((await open()).publicKey, old);
  await add();
  t.same((await open()).publicKey, old, 'made, and not announced');
  const next = (await signerOf('policy-next')).publicKey;
  await add();
  t.same((await signerOf('policy-next')).publicKey, next, 'the next try goes on with the same one');
  await announce();
  const announced = await open();
  t.same(announced.publicKey, next, 'announced, and not in its place');
  t.match(announced.position, { number: 1, policyKey: next });
  await promote();
  t.same((await open()).publicKey, next);
  t.same((await signerOf('policy')).publicKey, next);
  await t.rejects(signerOf('policy-next'), { code: 'not_found' });
});

t.test('a server that runs takes the successor, and leads everybody to it', async (t) => {
  const { add, announce, promote, open } = await setUp(t);
  const trust = await open();
  const { position: enrolled } = trust;
  t.equal(await trust.reload(), false);
  for (let hops = 1; hops <= 20; hops++) {
    await add();
    await announce();
    await promote();
  }
  t.equal(await trust.reload(), true);
  t.equal(trust.position.number, 20);
  let position = { ...enrolled, trustDomain: 'vigo-test' };
  let answers = 0;
  for (;;) {
    const followed = await followChain(position, trust.statementsFrom(position.number));
    if (followed === undefined) break;
    answers++;
    position = followed.position;
    t.equal(followed.statement.authorities.map(authorityPem).join(''), ca.toString());
  }
  t.same(position.policyKey, trust.publicKey);
  t.ok(answers > 1, 'the chain is handed out in parts');
});

t.test('a chain that is gone, or leads elsewhere', async (t) => {
  const { path, add, announce, promote, open } = await setUp(t);
  await add();
  await announce();
  await promote();
  const trust = await open();
  const chain = await readTrustFile(path);
  rmSync(path);
  await t.rejects(trust.reload(), { name: 'ServerError', code: 'stepped_back' });
  await writeTrustFile(path, chain);
  await add();
  await announce();
  await promote();
  await writeTrustFile(path, chain);
  await t.rejects(open(), { name: 'ServerError', code: 'missing_file' }, 'a chain older than the key');
});
