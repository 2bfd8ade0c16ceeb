import fc from 'fast-check';
import type { Test } from 'tap';
import { type EnvoyId, type KeyName, parseEnvoyId, parseKeyName } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { type PinnedKey, type SignedRequest, signedBytes, signingKeyId, WireError } from '../../lib/wire/index.js';

export const ENVOY_ID: EnvoyId = parseEnvoyId('3f2a8a52-6c1e-4d7b-9f00-0123456789ab');
export const OTHER_ENVOY_ID: EnvoyId = parseEnvoyId('aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee');
export const ed25519 = await loadEd25519();

/** The server's policy key, and what an envoy pinned of it. */
export const policySigner = ed25519.importSigner(new Uint8Array(32).fill(1));
export const pinned: PinnedKey = await pin(policySigner.publicKey);
export const strangerSigner = ed25519.importSigner(new Uint8Array(32).fill(2));
/** An envoy's key. */
export const envoySigner = ed25519.importSigner(new Uint8Array(32).fill(3));

export async function pin(publicKey: Uint8Array): Promise<PinnedKey> {
  return { publicKey, keyId: await signingKeyId(publicKey) };
}

/** A signed CheckIn with a payload of its own. */
export function signedRequest(payload: Uint8Array = Uint8Array.of(1, 2, 3)): SignedRequest {
  const unsigned = {
    envoyId: ENVOY_ID,
    instance: Buffer.alloc(16, 5),
    sequence: 7,
    issuedAtMs: 1_770_000_000_000,
    payload: Buffer.from(payload),
  };
  return { ...unsigned, signature: Buffer.from(envoySigner.sign(signedBytes('CheckIn', unsigned))) };
}

/** Each copy of `bytes` that has one bit flipped. The same buffer every time: don't keep it. */
export function* bitFlips(bytes: Uint8Array): Iterable<Buffer> {
  const copy = Buffer.from(bytes);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const at = bit >> 3;
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit & 7)), at);
    yield copy;
    copy.writeUInt8(copy.readUInt8(at) ^ (1 << (bit & 7)), at);
  }
}

/** Asserts that whatever bytes come in, a decoder gives its own error or what encodes to the same bytes again. */
export function survivesJunk<T>(
  t: Test,
  decode: (bytes: Uint8Array) => T,
  encode: (value: T) => Uint8Array,
  sample: Uint8Array,
): void {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(sample.length), fc.uint8Array({ maxLength: 8 }), fc.nat(4)).map(([at, put, cut]) => {
      return Buffer.concat([sample.subarray(0, at), put, sample.subarray(at + cut)]);
    }),
  );
  fc.assert(
    fc.property(junk, (bytes) => {
      let value: T;
      try {
        value = decode(bytes);
      } catch (error) {
        return error instanceof WireError;
      }
      return Buffer.from(encode(value)).equals(bytes);
    }),
  );
  t.pass('no other error, and nothing accepted that is spelled otherwise');
}

export const counters: fc.Arbitrary<number> = fc.oneof(fc.nat(), fc.maxSafeNat());
export const byteStrings = (length: number): fc.Arbitrary<Buffer> =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((bytes) => Buffer.from(bytes));
export const envoyIds: fc.Arbitrary<EnvoyId> = fc.uuid({ version: 4 }).map(parseEnvoyId);
export const keyNames: fc.Arbitrary<KeyName> = fc
  .stringMatching(/^[a-z][a-z0-9_-]{0,9}(\/[a-z][a-z0-9.]{0,9}z){0,3}$/)
  .map(parseKeyName);
/** Text as it crosses the network: no lone surrogates. */
export const texts = (maxLength: number): fc.Arbitrary<string> =>
  fc.string({ unit: 'binary', maxLength }).filter((text) => text.isWellFormed());
