import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../lib/crypto/index.js';
import { generateCa } from '../../lib/pki/index.js';
import {
  chainFromJson,
  chainToJson,
  followChain,
  MAX_STATEMENTS,
  NO_HEAD,
  readStatement,
  type SignedStatement,
  signStatement,
  statementHash,
  type TrustPosition,
  type TrustStatement,
} from '../../lib/wire/index.js';

const ed25519 = await loadEd25519();
const forged = { name: 'WireError', code: 'forged' };
const rollback = { name: 'WireError', code: 'rollback' };
const malformed = { name: 'WireError', code: 'malformed' };
const newCa = () =>
  new X509Certificate(generateCa({ commonName: 'test CA', days: 30, clock: systemClock }).certificatePem).raw;
const CA = newCa();

/** A chain of so many statements, each with another policy key, and where an envoy stands that enrolled before all of them. */
async function makeChain(length: number) {
  const keys: Ed25519Signer[] = [ed25519.generateSigner()];
  const chain: SignedStatement[] = [];
  const positions: TrustPosition[] = [
    { trustDomain: 'vigo-test', number: 0, head: NO_HEAD, policyKey: key(0).publicKey },
  ];
  for (let number = 1; number <= length; number++) {
    keys.push(ed25519.generateSigner());
    chain.push(await next(number, positions[number - 1]?.head ?? NO_HEAD, key(number - 1), key(number)));
    const head = await statementHash(chain[number - 1] as SignedStatement);
    positions.push({ trustDomain: 'vigo-test', number, head, policyKey: key(number).publicKey });
  }
  function key(i: number): Ed25519Signer {
    return keys[i] as Ed25519Signer;
  }
  return { chain, key, at: (number: number) => positions[number] as TrustPosition };
}

function next(
  number: number,
  previous: Uint8Array,
  predecessor: Ed25519Signer,
  own: Ed25519Signer,
  changes: Partial<TrustStatement> = {},
): Promise<SignedStatement> {
  const statement = {
    ...{ trustDomain: 'vigo-test', number, previous, authorities: [CA], issuedAtMs: 1 },
    ...{ policyKey: own.publicKey, checkpointKey: own.publicKey },
    ...changes,
  };
  return signStatement(statement, predecessor, own);
}

t.test('an envoy that was away follows all hops at once, from wherever it stands', async (t) => {
  const { chain, at } = await makeChain(5);
  for (const from of [0, 1, 4]) {
    const followed = await followChain(at(from), chain);
    t.same(followed?.position, at(5), `from ${from}`);
    t.same(
      followed?.statement.authorities.map((der) => Buffer.from(der)),
      [CA],
    );
    t.same(
      (await followChain(at(from), chain.slice(Math.max(0, from - 1))))?.position,
      at(5),
      'the part behind it is enough',
    );
  }
  t.equal(await followChain(at(5), chain), undefined, 'it is there already');
  t.equal(await followChain(at(0), []), undefined, 'there was never a change');
});

t.test('a gap', async (t) => {
  const { chain, at } = await makeChain(4);
  for (const missing of [0, 1, 2]) {
    const gapped = chain.filter((_, i) => i !== missing);
    await t.rejects(followChain(at(0), gapped), forged, `without ${missing + 1}`);
  }
  await t.rejects(followChain(at(2), chain.slice(2)), forged, 'without the one where the envoy stands');
  await t.rejects(followChain(at(0), [...chain].reverse()), forged, 'in another order');
  await t.rejects(followChain(at(0), [...chain.slice(0, 1), ...chain]), forged, 'one twice');
});

t.test('a chain that was rolled back', async (t) => {
  const { chain, at } = await makeChain(4);
  await t.rejects(followChain(at(4), chain.slice(0, 3)), rollback);
  await t.rejects(followChain(at(1), []), rollback);
});

t.test('another history, by a key that was replaced since', async (t) => {
  const { chain, key, at } = await makeChain(3);
  const own = ed25519.generateSigner();
  const fork = await next(3, at(2).head, key(2), own);
  await t.rejects(followChain(at(3), [...chain.slice(0, 2), fork]), forged, 'to who went on already');
  const later = await next(4, await statementHash(fork), own, own);
  await t.rejects(followChain(at(3), [fork, later]), forged);
  await t.rejects(followChain(at(3), [later]), forged);
  const behind = await next(4, at(3).head, key(2), own);
  await t.rejects(followChain(at(3), [...chain, behind]), forged, 'the next one, by the key before the last');
});

t.test('somebody who has everything but the policy key', async (t) => {
  const { chain, key, at } = await makeChain(1);
  const own = ed25519.generateSigner();
  const evil = newCa();
  const announcements: Record<string, SignedStatement> = {
    'signs with a key of his own': await next(2, at(1).head, own, own, { authorities: [CA, evil] }),
    'names a key of his own under a true signature for another': {
      ...(await next(2, at(1).head, own, own)),
      signature: (await next(2, at(1).head, key(1), key(1))).signature,
    },
    'speaks for a key that is not his': await next(2, at(1).head, key(1), own, { policyKey: key(0).publicKey }),
    'is of another fleet': await next(2, at(1).head, key(1), key(1), { trustDomain: 'vigo-other' }),
  };
  for (const [what, statement] of Object.entries(announcements)) {
    await t.rejects(followChain(at(1), [...chain, statement]), forged, what);
  }
});

t.test('every single-bit change', async (t) => {
  const { chain, at } = await makeChain(1);
  const [good] = chain as [SignedStatement];
  for (const part of ['statement', 'signature', 'ownSignature'] as const) {
    const taken: number[] = [];
    for (let bit = 0; bit < good[part].length * 8; bit += part === 'statement' ? 3 : 1) {
      const flipped = Uint8Array.from(good[part], (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
      const outcome = await followChain(at(0), [{ ...good, [part]: flipped }]).catch(({ name }) => name);
      if (outcome !== 'WireError') taken.push(bit);
    }
    t.same(taken, [], part);
  }
});

t.test('statements that are none', async (t) => {
  const { key } = await makeChain(0);
  const make = (changes: Partial<TrustStatement>) => next(1, NO_HEAD, key(0), key(0), changes);
  await t.rejects(make({ authorities: [] }), malformed);
  await t.rejects(make({ authorities: [CA, CA, CA, CA, CA] }), malformed);
  await t.rejects(make({ authorities: [Buffer.concat([CA, Buffer.of(0)])] }), malformed);
  await t.rejects(make({ policyKey: new Uint8Array(31) }), malformed);
  t.throws(() => readStatement(new Uint8Array(9000)), malformed);
});

t.test('there and back as JSON', async (t) => {
  const { chain } = await makeChain(2);
  t.same(
    chainFromJson(JSON.parse(JSON.stringify(chainToJson(chain)))),
    chain.map((signed) => ({
      statement: Uint8Array.from(signed.statement),
      signature: Uint8Array.from(signed.signature),
      ownSignature: Uint8Array.from(signed.ownSignature),
    })),
  );
  const [good] = chainToJson(chain).statements;
  for (const other of [null, {}, { statements: 1 }, { statements: [{}] }, { statements: [{ ...good, more: 1 }] }]) {
    t.throws(() => chainFromJson(other), malformed, JSON.stringify(other)?.slice(0, 40));
  }
});

t.test('an answer of as many as there may be, each as large as it may be, is read by an agent', async (t) => {
  const [statement, signature] = [new Uint8Array(8192), new Uint8Array(64)];
  const chain = Array.from({ length: MAX_STATEMENTS }, () => ({ statement, signature, ownSignature: signature }));
  t.ok(JSON.stringify(chainToJson(chain)).length < 128 * 1024);
  t.same(chainFromJson(chainToJson(chain)).length, MAX_STATEMENTS);
});
