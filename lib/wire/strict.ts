import type { BinaryReader, BinaryWriter } from '@bufbuild/protobuf/wire';
import { equalBytes, VigoError } from '../base/index.js';
import { WireError } from './errors.js';

/** The two functions of a generated message that are used here. */
interface Codec<T> {
  encode(message: T, writer?: BinaryWriter): BinaryWriter;
  decode(input: BinaryReader | Uint8Array, length?: number): T;
}

/** One for all, because each would grow a buffer of its own; not kept after a long message. */
let writer: BinaryWriter | undefined;
const MAX_KEPT_BYTES = 16 * 1024;

/**
 * Decodes a protobuf message and refuses it unless it encodes back to the same bytes: no unknown field, no field
 * twice or out of order, no default value spelled out, no long form of a number.
 * @throws WireError `malformed`
 */
export function decodeStrict<T>(what: string, codec: Codec<T>, bytes: Uint8Array): T {
  let message: T;
  try {
    message = codec.decode(bytes);
  } catch (cause) {
    throw new WireError('malformed', `this is not a ${what}`, { cause });
  }
  if (!equalBytes(encoded(codec, message, bytes.length), bytes)) {
    throw new WireError('malformed', `this ${what} is not in its one valid encoding`);
  }
  return message;
}

function encoded<T>(codec: Codec<T>, message: T, length: number): Uint8Array {
  const own = writer;
  writer = undefined; // where encoding throws, what it has written so far must not stand before the next message
  const used = codec.encode(message, own);
  const bytes = used.finish();
  if (length <= MAX_KEPT_BYTES) writer = used;
  return bytes;
}

/** Runs the checks of a message's content; whatever grammar fails, the message is malformed. */
export function checked<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof WireError || !(cause instanceof VigoError)) throw cause;
    throw new WireError('malformed', `${what}: ${cause.message}`, { cause });
  }
}

/** @throws WireError `malformed` for anything but exactly `size` bytes. */
export function sized(what: string, bytes: Uint8Array, size: number): Uint8Array {
  if (bytes.length !== size) throw new WireError('malformed', `${what} has ${bytes.length} bytes instead of ${size}`);
  return bytes;
}

/** As `sized`, and no bytes at all mean that there is none. */
export function optionalSized(what: string, bytes: Uint8Array, size: number): Uint8Array | undefined {
  return bytes.length === 0 ? undefined : sized(what, bytes, size);
}

/** A counter off the wire. Counters stay below 2^53, so that they are exact as a number. */
export function counter(what: string, value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new WireError('malformed', `${what} is 2^53 or more`);
  return Number(value);
}

/** The last moment that a `Date` can be (ECMA-262, section 21.4.1.1). */
const MAX_TIME_MS = 8_640_000_000_000_000;

/** A time off the wire, in ms since 1970, that can be shown to people. */
export function time(what: string, value: bigint): number {
  if (value > BigInt(MAX_TIME_MS)) throw new WireError('malformed', `${what} is no time`);
  return Number(value);
}

/** @throws WireError `malformed` unless the names rise strictly, which also rules out the same one twice. */
export function requireSorted(what: string, names: readonly string[]): void {
  for (let i = 1; i < names.length; i++) {
    if ((names[i - 1] as string) >= (names[i] as string)) throw new WireError('malformed', `${what} are not sorted`);
  }
}
