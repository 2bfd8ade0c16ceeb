import fc from 'fast-check';
import t from 'tap';
import { encodeCanonical } from '../../lib/base/index.js';
import { headHash, openHead, type PolicyHead, type SignedHead, signHead } from '../../lib/wire/index.js';
import {
  bitFlips,
  byteStrings,
  counters,
  ENVOY_ID,
  envoyIds,
  OTHER_ENVOY_ID,
  pin,
  pinned,
  policySigner,
  strangerSigner,
} from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };
const forged = { name: 'WireError', code: 'forged' };

const HEAD: PolicyHead = {
  envoyId: ENVOY_ID,
  policyVersion: 1_770_000_000_001,
  bodyHash: Buffer.alloc(32, 4),
  secretsEpoch: 1_770_000_000_002,
  issuedAtMs: 1_770_000_000_003,
  watchMarks: Buffer.alloc(32, 5),
};
const heads: fc.Arbitrary<PolicyHead> = fc.record({
  envoyId: envoyIds,
  policyVersion: counters,
  bodyHash: byteStrings(32),
  secretsEpoch: counters,
  issuedAtMs: counters,
  watchMarks: fc.array(byteStrings(16), { maxLength: 4 }).map((marks) => Buffer.concat(marks)),
});

/** Signs any bytes with the policy key. */
function signed(head: Uint8Array): SignedHead {
  return { head, signature: policySigner.sign(head) };
}

t.test('open then sign gives the same head', async (t) => {
  await fc.assert(
    fc.asyncProperty(heads, async (head) => {
      const signedHead = await signHead(head, policySigner);
      const opened = await openHead(signedHead, pinned, head.envoyId);
      const { bodyHash, watchMarks } = opened;
      t.same({ ...opened, bodyHash: Buffer.from(bodyHash), watchMarks: Buffer.from(watchMarks) }, head);
      t.same(await signHead(opened, policySigner), signedHead);
    }),
    { numRuns: 30 },
  );
});

t.test('every single-bit flip is refused', async (t) => {
  const { head, signature } = await signHead(HEAD, policySigner);
  const accepted: string[] = [];
  const tryOpen = async (what: string, flipped: SignedHead) => {
    await openHead(flipped, pinned, ENVOY_ID).then(
      () => accepted.push(what),
      (error) => error.code === 'forged' || accepted.push(`${what}: ${error}`),
    );
  };
  for (const flipped of bitFlips(head)) await tryOpen('head', { head: flipped, signature });
  for (const flipped of bitFlips(signature)) await tryOpen('signature', { head, signature: flipped });
  t.same(accepted, []);
});

t.test("another key's head, and another envoy's", async (t) => {
  await t.rejects(openHead(await signHead(HEAD, strangerSigner), pinned, ENVOY_ID), forged);
  await t.resolves(openHead(await signHead(HEAD, strangerSigner), await pin(strangerSigner.publicKey), ENVOY_ID));
  const others = await signHead({ ...HEAD, envoyId: OTHER_ENVOY_ID }, policySigner);
  await t.rejects(openHead(others, pinned, ENVOY_ID), forged);
  await t.resolves(openHead(others, pinned, OTHER_ENVOY_ID));
});

t.test('what the policy key signed for another purpose is no head', async (t) => {
  const TAG = 'vigo/policy-head/v1';
  const hash = Buffer.alloc(32);
  const fields = [pinned.keyId, ENVOY_ID, 1, hash, 2, 3, Buffer.alloc(32)] as const;
  await t.resolves(openHead(signed(encodeCanonical(TAG, ...fields)), pinned, ENVOY_ID));
  for (const [what, bytes] of [
    ['another tag', encodeCanonical('vigo/sealed-answer/v1', ...fields)],
    ['a field too many', encodeCanonical(TAG, ...fields, 4)],
    ['a field too few', encodeCanonical(TAG, pinned.keyId, ENVOY_ID, 1, hash, 2, 3)],
    ['half a mark', encodeCanonical(TAG, pinned.keyId, ENVOY_ID, 1, hash, 2, 3, Buffer.alloc(24))],
    ['too many marks', encodeCanonical(TAG, pinned.keyId, ENVOY_ID, 1, hash, 2, 3, Buffer.alloc(4097 * 16))],
    ['a byte too many', Buffer.concat([encodeCanonical(TAG, ...fields), Buffer.of(0)])],
    ['an envoy that is no UUID', encodeCanonical(TAG, pinned.keyId, 'web-1', 1, hash, 2, 3, Buffer.alloc(0))],
    ['a short hash', encodeCanonical(TAG, pinned.keyId, ENVOY_ID, 1, hash.subarray(1), 2, 3, Buffer.alloc(0))],
    ['nothing', new Uint8Array()],
  ] as const) {
    await t.rejects(openHead(signed(bytes), pinned, ENVOY_ID), malformed, what);
  }
});

t.test('the hash of a head covers its signature', async (t) => {
  const head = await signHead(HEAD, policySigner);
  const hash = await headHash(head);
  t.equal(hash.length, 32);
  t.same(await headHash(await signHead(HEAD, policySigner)), hash);
  t.notSame(await headHash(await signHead(HEAD, strangerSigner)), hash);
  t.notSame(await headHash(await signHead({ ...HEAD, issuedAtMs: 1 }, policySigner)), hash);
});
