import { X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { replaceTogether } from '../../lib/files/index.js';
import { authoritiesOf, encodeTrustFile, endOfChain, readTrustFile, writeTrustFile } from '../../lib/identity/index.js';
import { NO_HEAD, type SignedStatement, signStatement } from '../../lib/wire/index.js';
import { makeCa } from '../pki/test-pki.js';

const ed25519 = await loadEd25519();
const key = ed25519.generateSigner();
const [first, second, third] = [makeCa(), makeCa(), makeCa()].map(
  ({ certificatePem }) => new X509Certificate(certificatePem).raw,
) as [Buffer, Buffer, Buffer];

async function chainOf(...named: Uint8Array[][]): Promise<SignedStatement[]> {
  const chain: SignedStatement[] = [];
  for (const authorities of named) {
    const { number, head: previous } = await endOfChain(chain, key.publicKey);
    const keys = { policyKey: key.publicKey, checkpointKey: key.publicKey };
    const statement = { trustDomain: 'vigo-test', number: number + 1, previous, ...keys, authorities, issuedAtMs: 1 };
    chain.push(await signStatement(statement, key, key));
  }
  return chain;
}

t.test('what was written is read; before anything was, there is no chain', async (t) => {
  const path = join(t.testdir(), 'trust');
  t.same(await readTrustFile(path), []);
  t.same(await endOfChain([], key.publicKey), { number: 0, head: NO_HEAD, policyKey: key.publicKey });
  const chain = await chainOf([first], [first, second]);
  await writeTrustFile(path, chain);
  t.same(encodeTrustFile(await readTrustFile(path)), encodeTrustFile(chain));
  t.same(readdirSync(join(path, '..')), ['trust']);
});

t.test('a damaged chain is none: its file is named, and nothing is built on it', async (t) => {
  const path = join(t.testdir(), 'trust');
  const chain = await chainOf([first], [first, second], [second]);
  const [one, two, three] = chain as [SignedStatement, SignedStatement, SignedStatement];
  const whole = encodeTrustFile(chain);
  const flip = (bytes: Uint8Array) => Uint8Array.from(bytes, (byte, i) => (i === bytes.length - 1 ? byte ^ 1 : byte));
  for (const [what, text] of [
    ['nothing', ''],
    ['junk', 'junk'],
    ['half of it', whole.slice(0, whole.length / 2)],
    ['something else', '{"statements":[{}]}'],
    ['a statement is gone', encodeTrustFile([one, three])],
    ['the first one is gone', encodeTrustFile([two, three])],
    ['one twice', encodeTrustFile([one, one])],
    ['a bit of a statement', encodeTrustFile([one, { ...two, statement: flip(two.statement) }, three])],
    ['a bit of a signature', encodeTrustFile([one, { ...two, signature: flip(two.signature) }])],
    ['a bit of the first', encodeTrustFile([{ ...one, statement: flip(one.statement) }])],
  ] as const) {
    writeFileSync(path, text);
    await t.rejects(readTrustFile(path), { name: 'WireError', code: 'malformed', message: new RegExp(path) }, what);
  }
});

t.test('a replacement that a crash cut short counts, and is never put in the place of a later one', async (t) => {
  const dir = t.testdir({ stuck: { trust: { inTheWay: '' } } });
  const path = join(dir, 'trust');
  const chain = await chainOf([first], [first, second], [second]);
  await writeTrustFile(path, chain.slice(0, 1));
  // Where a folder is in the way of the file, the replacement stays.
  await t.rejects(replaceTogether(join(dir, 'stuck'), { trust: utf8(encodeTrustFile(chain.slice(0, 2))) }));
  renameSync(join(dir, 'stuck', '.vigo-replacement'), join(dir, '.vigo-replacement'));
  t.equal((await readTrustFile(path)).length, 2);
  await writeTrustFile(path, chain);
  t.notOk(existsSync(join(dir, '.vigo-replacement')));
  t.equal((await readTrustFile(path)).length, 3);
});

t.test('the CAs that count', async (t) => {
  const count = async (present: Uint8Array, ...named: Uint8Array[][]) =>
    authoritiesOf(await chainOf(...named), present).map((der) => Buffer.from(der));
  t.same(await count(first), [first], 'without a chain');
  t.same(await count(second, [first], [first, second]), [first, second]);
  t.same(await count(second, [first, second], [second]), [second], 'until they are given up');
  t.same(await count(third, [first, second]), [third], 'one that came by no chain is alone');
  t.same(await count(first, [first, second]), [first], 'one that is announced and not there yet counts for nothing');
});
