import {
  ByteReader,
  concatBytes,
  fromUtf8,
  type KeyName,
  parseKeyName,
  Secret,
  u16,
  u32,
  u64,
  utf8,
} from '../../base/index.js';
import { checked } from '../strict.js';

/** A value on its way to the envoy that asked for it. */
export interface SecretValue {
  readonly key: KeyName;
  readonly version: number;
  readonly value: Secret<Uint8Array>;
}

/**
 * The plaintext of a sealed answer: `u16 count | (u16 length | key | u64 version | u32 length | value)…`.
 * The caller wipes the bytes once they are sealed.
 */
export function encodeSecretBatch(values: readonly SecretValue[]): Uint8Array {
  const parts = [u16(values.length)];
  for (const { key, version, value } of values) {
    const name = utf8(key);
    const bytes = value.expose();
    parts.push(u16(name.length), name, u64(version), u32(bytes.length), bytes);
  }
  return concatBytes(...parts);
}

/**
 * Copies the values out, so that the caller can wipe the bytes.
 * @throws WireError `malformed`
 */
export function decodeSecretBatch(bytes: Uint8Array): SecretValue[] {
  return checked('a batch of secrets', () => {
    const reader = new ByteReader(bytes);
    const values: SecretValue[] = [];
    for (let count = reader.u16(); count > 0; count--) {
      const key = parseKeyName(fromUtf8(reader.bytes(reader.u16())));
      const version = reader.u64();
      values.push({ key, version, value: new Secret(reader.bytes(reader.u32()).slice()) });
    }
    reader.end();
    return values;
  });
}
