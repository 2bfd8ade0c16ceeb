import fc from 'fast-check';
import t from 'tap';
import { encodeCanonical, parseKeyName, Secret } from '../../lib/base/index.js';
import { loadXWing } from '../../lib/crypto/index.js';
import { SealedAnswer as Message } from '../../lib/gen/proto/vigo/v1/messages.js';
import {
  type AnswerContext,
  decodeSealedAnswer,
  encodeSealedAnswer,
  MAX_ANSWER_BYTES,
  MAX_BUNDLE_SECRET_BYTES,
  MAX_SECRET_BYTES,
  makeAnswerKey,
  openSealedAnswer,
  requestHash,
  type SealedAnswer,
  type SecretValue,
  sealAnswer,
} from '../../lib/wire/index.js';
import {
  bitFlips,
  byteStrings,
  counters,
  keyNames,
  pin,
  pinned,
  policySigner,
  signedRequest,
  strangerSigner,
  survivesJunk,
} from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };
const forged = { name: 'WireError', code: 'forged' };
const EPOCH = 1_770_000_000_000;

const xWing = await loadXWing();
const { publicKey: kemPublicKey, secretKey } = xWing.generateKeyPair();
const context: AnswerContext = { requestHash: await requestHash('ResolveSecrets', signedRequest()), kemPublicKey };
const values = [secret('vigo/db/dsn', 'postgres://hunter2@db'), secret('vigo/web/key', '\0\xff')];
const answer = await sealAnswer(await makeAnswerKey(context), EPOCH, values, policySigner);

function secret(key: string, value: string, version = 1): SecretValue {
  return { key: parseKeyName(key), version, value: new Secret(Uint8Array.from(Buffer.from(value, 'latin1'))) };
}

function exposed(batch: readonly SecretValue[]): unknown[] {
  return batch.map(({ key, version, value }) => [key, version, Buffer.from(value.expose()).toString('latin1')]);
}

/** The policy key's signature over an answer, spelled out. */
function sign(unsigned: Omit<SealedAnswer, 'signature'>, signer = policySigner): SealedAnswer {
  const { keyId, secretsEpoch, kemCiphertext, sealed } = unsigned;
  const tag = 'vigo/sealed-answer/v1';
  const bytes = encodeCanonical(tag, keyId, context.requestHash, secretsEpoch, kemCiphertext, sealed);
  return { ...unsigned, signature: signer.sign(bytes) };
}

t.test('what is sealed opens', async (t) => {
  t.same(exposed(await openSealedAnswer(context, answer, secretKey, pinned)), exposed(values));
  const empty = await sealAnswer(await makeAnswerKey(context), EPOCH, [], policySigner);
  t.same(await openSealedAnswer(context, empty, secretKey, pinned), []);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.record({ key: keyNames, version: counters, value: fc.uint8Array() }), { maxLength: 5 }),
      async (list) => {
        const batch = list.map(({ key, version, value }) => ({
          key,
          version,
          value: new Secret(Uint8Array.from(value)),
        }));
        const sent = encodeSealedAnswer(await sealAnswer(await makeAnswerKey(context), EPOCH, batch, policySigner));
        const opened = await openSealedAnswer(context, decodeSealedAnswer(sent), secretKey, pinned);
        t.same(exposed(opened), exposed(batch));
      },
    ),
    { numRuns: 20 },
  );
});

t.test('no value shows, and no two answers are alike', async (t) => {
  const bytes = Buffer.from(encodeSealedAnswer(answer));
  for (const text of ['hunter2', 'vigo/db/dsn']) t.equal(bytes.includes(text), false);
  const again = await sealAnswer(await makeAnswerKey(context), EPOCH, values, policySigner);
  t.notSame(again.kemCiphertext, answer.kemCiphertext);
  t.notSame(again.sealed, answer.sealed);
});

t.test('decode then encode is the identity', async (t) => {
  const answers: fc.Arbitrary<SealedAnswer> = fc.record({
    keyId: byteStrings(8),
    secretsEpoch: counters,
    kemCiphertext: byteStrings(1120),
    sealed: byteStrings(60),
    signature: byteStrings(64),
  });
  fc.assert(
    fc.property(answers, (sent) => {
      const bytes = encodeSealedAnswer(sent);
      const decoded = decodeSealedAnswer(bytes);
      t.same(decoded, sent);
      return Buffer.from(encodeSealedAnswer(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test('every single-bit flip is refused', async (t) => {
  const bytes = encodeSealedAnswer(answer);
  await t.resolves(openSealedAnswer(context, decodeSealedAnswer(bytes), secretKey, pinned));
  const accepted: unknown[] = [];
  for (const flipped of bitFlips(bytes)) {
    try {
      await openSealedAnswer(context, decodeSealedAnswer(flipped), secretKey, pinned);
      accepted.push(Buffer.from(flipped));
    } catch (error) {
      const { name, code } = error as { name?: string; code?: string };
      if (name !== 'WireError' || (code !== 'forged' && code !== 'malformed')) accepted.push(error);
    }
  }
  t.same(accepted, []);
});

t.test('an answer by somebody else who knows all that TLS knows (D6)', async (t) => {
  const byStranger = await sealAnswer(await makeAnswerKey(context), EPOCH, values, strangerSigner);
  await t.rejects(openSealedAnswer(context, byStranger, secretKey, pinned), forged);
  const claimed = { ...byStranger, keyId: pinned.keyId };
  await t.rejects(openSealedAnswer(context, claimed, secretKey, pinned), forged, 'under our key id');
  await t.rejects(openSealedAnswer(context, sign(claimed, strangerSigner), secretKey, pinned), forged);
  const stranger = await pin(strangerSigner.publicKey);
  await t.rejects(openSealedAnswer(context, answer, secretKey, stranger), forged, 'the key was replaced');
  await t.rejects(openSealedAnswer(context, answer, secretKey, { ...pinned, keyId: stranger.keyId }), forged);
});

t.test('an answer to another request, or for another key', async (t) => {
  const other = xWing.generateKeyPair();
  const otherHash = await requestHash('ResolveSecrets', { ...signedRequest(), sequence: 8 });
  await t.rejects(openSealedAnswer({ ...context, requestHash: otherHash }, answer, secretKey, pinned), forged);
  await t.rejects(openSealedAnswer(context, answer, other.secretKey, pinned), forged);
  await t.rejects(openSealedAnswer({ ...context, kemPublicKey: other.publicKey }, answer, secretKey, pinned), forged);
  const elsewhere = { ...context, kemPublicKey: other.publicKey };
  const toOther = await sealAnswer(await makeAnswerKey(elsewhere), EPOCH, values, policySigner);
  await t.rejects(openSealedAnswer(context, toOther, secretKey, pinned), forged);
  await t.resolves(openSealedAnswer(elsewhere, toOther, other.secretKey, pinned));
});

t.test('parts of two genuine answers, signed together', async (t) => {
  const later = await sealAnswer(
    await makeAnswerKey(context),
    EPOCH + 1,
    [secret('vigo/db/dsn', 'newer')],
    policySigner,
  );
  t.same(sign(answer), answer, 'this is what the policy key signs');
  for (const [what, mixed] of [
    ['the epoch of the other', sign({ ...answer, secretsEpoch: later.secretsEpoch })],
    ['the KEM ciphertext of the other', sign({ ...answer, kemCiphertext: later.kemCiphertext })],
    ['the batch of the other', sign({ ...answer, sealed: later.sealed })],
    ['a batch that is cut', sign({ ...answer, sealed: answer.sealed.subarray(0, -1) })],
  ] as const) {
    await t.rejects(openSealedAnswer(context, mixed, secretKey, pinned), forged, what);
  }
});

t.test('an X25519 share of small order is refused like any other forgery', async (t) => {
  const kemCiphertext = Buffer.from(answer.kemCiphertext).fill(0, 1088);
  await t.rejects(openSealedAnswer(context, sign({ ...answer, kemCiphertext }), secretKey, pinned), forged);
});

t.test("bytes that are nobody's public key are a request that is malformed", async (t) => {
  // FIPS 203 section 7.2: 768 coefficients of 12 bits, each below 3329. The other two are RFC 7748's small orders.
  const coefficient = (value: number) => {
    const key = Uint8Array.from(kemPublicKey);
    key[0] = value & 0xff;
    key[1] = ((key[1] ?? 0) & 0xf0) | (value >> 8);
    return key;
  };
  const share = (hex: string) => Buffer.concat([kemPublicKey.subarray(0, 1184), Buffer.from(hex, 'hex')]);
  for (const [what, key] of Object.entries({
    zeros: new Uint8Array(1216),
    ones: new Uint8Array(1216).fill(0xff),
    'a coefficient of 3329': coefficient(3329),
    'a coefficient of 4095': coefficient(4095),
    'a share of zero': share('00'.repeat(32)),
    'a share of one': share(`01${'00'.repeat(31)}`),
    'a share of order 8': share('e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800'),
    'a share that is the prime': share(`ed${'ff'.repeat(30)}7f`),
  })) {
    await t.rejects(makeAnswerKey({ ...context, kemPublicKey: key }), malformed, what);
  }
  await t.resolves(makeAnswerKey({ ...context, kemPublicKey: coefficient(3328) }), 'the largest coefficient');
});

t.test('fields of another shape', async (t) => {
  const { secretsEpoch, ...bytes } = answer;
  const encode = (change: Partial<Message>) =>
    Message.encode({
      keyId: Buffer.from(bytes.keyId),
      kemCiphertext: Buffer.from(bytes.kemCiphertext),
      sealed: Buffer.from(bytes.sealed),
      signature: Buffer.from(bytes.signature),
      secretsEpoch: BigInt(secretsEpoch),
      ...change,
    }).finish();
  t.doesNotThrow(() => decodeSealedAnswer(encode({ sealed: Buffer.alloc(28) })));
  for (const [what, change] of [
    ['a short key id', { keyId: Buffer.alloc(7) }],
    ['an epoch of 2^53', { secretsEpoch: 2n ** 53n }],
    ['a long KEM ciphertext', { kemCiphertext: Buffer.alloc(1121) }],
    ['a batch without room for nonce and tag', { sealed: Buffer.alloc(27) }],
    ['no signature', { signature: Buffer.alloc(0) }],
  ] as const) {
    t.throws(() => decodeSealedAnswer(encode(change)), malformed, what);
  }
});

t.test('the largest bundle fits an answer', async (t) => {
  const value = new Uint8Array(MAX_SECRET_BYTES).fill(1);
  const batch = Array.from({ length: MAX_BUNDLE_SECRET_BYTES / MAX_SECRET_BYTES }, (_, i) => {
    return { key: parseKeyName(`k${i}`), version: 1, value: new Secret(value) };
  });
  const bytes = encodeSealedAnswer(await sealAnswer(await makeAnswerKey(context), EPOCH, batch, policySigner));
  t.ok(bytes.length <= MAX_ANSWER_BYTES);
  const opened = await openSealedAnswer(context, decodeSealedAnswer(bytes), secretKey, pinned);
  t.same(
    opened.map(({ value: got }) => Buffer.compare(got.expose(), value)),
    batch.map(() => 0),
  );
});

t.test('junk', async (t) => survivesJunk(t, decodeSealedAnswer, encodeSealedAnswer, encodeSealedAnswer(answer)));
