import { BaseError } from '../errors.js';
import { bufferView, byteCount, copyBytes } from './byte-view.js';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** @throws BaseError `bad_encoding` for a lone surrogate: UTF-8 can't hold one, and two texts would get the same bytes. */
export function utf8(text: string): Uint8Array {
  assertWellFormed(text);
  return utf8Encoder.encode(text);
}

/** @throws BaseError `bad_encoding` */
export function assertWellFormed(text: string): void {
  if (!text.isWellFormed()) throw new BaseError('bad_encoding', 'a text holds a lone surrogate');
}

/** @throws BaseError `bad_encoding` where the bytes aren't UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  try {
    return utf8Decoder.decode(bytes);
  } catch (cause) {
    throw new BaseError('bad_encoding', 'these bytes are not UTF-8', { cause });
  }
}

/** @throws RangeError where the last part grew after it was measured, as shared memory can. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0;
  for (const part of parts) length += byteCount(part);
  const joined = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    copyBytes(joined, part, offset);
    offset += byteCount(part);
  }
  return joined;
}

/** Compares public bytes. Not for secrets: its time depends on the data. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}

/** For public bytes only: a string can't be wiped. */
export function toHex(bytes: Uint8Array): string {
  return bufferView(bytes).toString('hex');
}

/** Strict: what it accepts encodes back to the same text. */
export function fromHex(text: string): Uint8Array {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text))
    throw new BaseError('bad_encoding', 'not lower-case hexadecimal');
  return Uint8Array.from(Buffer.from(text, 'hex'));
}

/** base64url without padding (RFC 4648 section 5). */
export function toBase64Url(bytes: Uint8Array): string {
  return bufferView(bytes).toString('base64url');
}

/** Strict: what it accepts encodes back to the same text. */
export function fromBase64Url(text: string): Uint8Array {
  const bytes = Uint8Array.from(Buffer.from(text, 'base64url'));
  if (toBase64Url(bytes) !== text) throw new BaseError('bad_encoding', 'not base64url');
  return bytes;
}
