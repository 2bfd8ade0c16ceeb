import type { Call, Result } from '../engine.js';
import { StoreError, type StoreErrorCode } from '../errors.js';

/** What the program's thread sends to the store's. */
export type Request = (Call & { readonly id: number }) | 'close';

/** What the store's thread answers. A batch that was committed together is answered together. */
export type Answer =
  | { readonly kind: 'failed'; readonly error: PackedError }
  | { readonly kind: 'replies'; readonly replies: readonly Reply[] }
  | { readonly kind: 'closed' };

export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PackedError };

/** A StoreError between two threads: a structured clone would make a plain Error of it. */
export interface PackedError {
  readonly code: StoreErrorCode;
  readonly message: string;
  readonly hint: string | undefined;
  readonly cause: unknown;
}

export function packError({ code, message, hint, cause }: StoreError): PackedError {
  return { code, message, hint, cause };
}

export function unpackError({ code, message, hint, cause }: PackedError): StoreError {
  return new StoreError(code, message, { hint, cause });
}

export function toReply(id: number, result: Result): Reply {
  return result.ok ? { id, ok: true, value: result.value } : { id, ok: false, error: packError(result.error) };
}
