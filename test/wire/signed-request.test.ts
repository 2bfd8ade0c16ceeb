import { verify } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { type EnvoyId, toHex } from '../../lib/base/index.js';
import { SignedRequest as Message } from '../../lib/gen/proto/vigo/v1/messages.js';
import {
  type AgentMethod,
  decodeSignedRequest,
  encodeSignedRequest,
  maxRequestBytes,
  requestHash,
  type SignedRequest,
  signedBytes,
} from '../../lib/wire/index.js';
import {
  bitFlips,
  byteStrings,
  counters,
  ed25519,
  envoyIds,
  envoySigner,
  OTHER_ENVOY_ID,
  signedRequest,
  survivesJunk,
} from './test-wire.js';

const METHODS: readonly AgentMethod[] = ['CheckIn', 'ResolveSecrets', 'ReportRun', 'WakeUp'];
const malformed = { name: 'WireError', code: 'malformed' };
const tooLarge = { name: 'WireError', code: 'too_large' };

const requests: fc.Arbitrary<SignedRequest> = fc.record({
  envoyId: envoyIds,
  instance: byteStrings(16),
  sequence: counters,
  issuedAtMs: counters,
  payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  signature: byteStrings(64),
});

/** As a server does it: decode, then check the signature over what was decoded. */
function isAccepted(bytes: Uint8Array, method: AgentMethod = 'CheckIn'): boolean {
  let request: SignedRequest;
  try {
    request = decodeSignedRequest(method, bytes);
  } catch {
    return false;
  }
  return ed25519.verify(request.signature, signedBytes(method, request), envoySigner.publicKey);
}

/** The envelope with a field of our choice. */
function envelope(change: Partial<Message>): Uint8Array {
  const { envoyId, instance, sequence, issuedAtMs, payload, signature } = signedRequest();
  return Message.encode({
    envoyId,
    instance: Buffer.from(instance),
    sequence: BigInt(sequence),
    issuedAt: BigInt(issuedAtMs),
    payload: Buffer.from(payload),
    signature: Buffer.from(signature),
    ...change,
  }).finish();
}

t.test('decode then encode is the identity', async (t) => {
  fc.assert(
    fc.property(requests, (request) => {
      const bytes = encodeSignedRequest(request);
      const decoded = decodeSignedRequest('ReportRun', bytes);
      t.same(decoded, request);
      return Buffer.from(encodeSignedRequest(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test('every single-bit flip is refused, and the request for every other method (T2)', async (t) => {
  const bytes = encodeSignedRequest(signedRequest());
  t.equal(isAccepted(bytes), true);
  const accepted: string[] = [];
  for (const flipped of bitFlips(bytes)) if (isAccepted(flipped)) accepted.push(toHex(flipped));
  t.same(accepted, []);
  for (const method of METHODS) t.equal(isAccepted(bytes, method), method === 'CheckIn', method);
});

t.test('the signature covers every field', async (t) => {
  const request = signedRequest();
  const changes: Partial<SignedRequest>[] = [
    { envoyId: OTHER_ENVOY_ID },
    { instance: Buffer.alloc(16) },
    { sequence: request.sequence + 1 },
    { issuedAtMs: request.issuedAtMs + 1 },
    { payload: Buffer.concat([request.payload, Buffer.of(0)]) },
  ];
  const messages = [...changes, {}].map((change) => toHex(signedBytes('CheckIn', { ...request, ...change })));
  t.equal(new Set(messages).size, messages.length);
});

t.test('the bytes under the signature, spelled out', async (t) => {
  const request = signedRequest(Uint8Array.of(0xab));
  const u32 = (value: number) => value.toString(16).padStart(8, '0');
  const field = (hex: string) => u32(hex.length / 2) + hex;
  const ascii = (text: string) => Buffer.from(text).toString('hex');
  const expected = [
    '0f',
    ascii('vigo/request/v1'),
    '0006',
    field(ascii('CheckIn')),
    field(ascii('3f2a8a52-6c1e-4d7b-9f00-0123456789ab')),
    field('05'.repeat(16)),
    field('0000000000000007'),
    field((1_770_000_000_000).toString(16).padStart(16, '0')),
    field('ab'),
  ].join('');
  t.equal(toHex(signedBytes('CheckIn', request)), expected);
  const spki = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), envoySigner.publicKey]);
  const key = { key: spki, format: 'der', type: 'spki' } as const;
  t.equal(verify(null, Buffer.from(expected, 'hex'), key, request.signature), true, 'node:crypto agrees');
});

t.test('the hash of a request depends on its method, not on its signature', async (t) => {
  const request = signedRequest();
  const hash = await requestHash('CheckIn', request);
  t.equal(hash.length, 32);
  t.same(await requestHash('CheckIn', { ...request, signature: Buffer.alloc(64) } as SignedRequest), hash);
  t.notSame(await requestHash('ReportRun', request), hash);
});

t.test('bounds come first', async (t) => {
  for (const method of METHODS) {
    const limit = maxRequestBytes[method];
    t.throws(() => decodeSignedRequest(method, new Uint8Array(limit + 1)), tooLarge, method);
    const overhead = encodeSignedRequest(signedRequest(new Uint8Array(limit / 2))).length - limit / 2;
    const largest = encodeSignedRequest(signedRequest(new Uint8Array(limit - overhead)));
    t.equal(largest.length, limit);
    t.doesNotThrow(() => decodeSignedRequest(method, largest), method);
  }
});

t.test('fields of another shape', async (t) => {
  t.doesNotThrow(() => decodeSignedRequest('CheckIn', envelope({})));
  for (const [what, bytes] of [
    ['no bytes', new Uint8Array()],
    ['no envoy', envelope({ envoyId: '' })],
    ['an id that is no UUID', envelope({ envoyId: 'web-1' })],
    ['a UUID in capitals', envelope({ envoyId: 'AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE' as EnvoyId })],
    ['no instance', envelope({ instance: Buffer.alloc(0) })],
    ['a short instance', envelope({ instance: Buffer.alloc(15) })],
    ['a long signature', envelope({ signature: Buffer.alloc(65) })],
    ['a counter of 2^53', envelope({ sequence: 2n ** 53n })],
    ['a time of 2^64 - 1', envelope({ issuedAt: 2n ** 64n - 1n })],
  ] as const) {
    t.throws(() => decodeSignedRequest('CheckIn', bytes), malformed, what);
  }
});

t.test('junk', async (t) => {
  const sample = encodeSignedRequest(signedRequest());
  survivesJunk(t, (bytes) => decodeSignedRequest('CheckIn', bytes), encodeSignedRequest, sample);
});
