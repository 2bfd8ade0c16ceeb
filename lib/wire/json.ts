// The agent reads JSON, too, and has no room for the whole of zod.
import * as z from 'zod/mini';
import { WireError } from './errors.js';

/** Exactly `bytes` bytes in base64url without padding. */
export function base64Url(bytes: number) {
  return z.string().check(z.regex(new RegExp(`^[A-Za-z0-9_-]{${Math.ceil((bytes * 4) / 3)}}$`)));
}

/** The DER of an ECDSA P-256 signature in base64url: 68 to 72 bytes. */
export const ecdsaProof = z.string().check(z.regex(/^[A-Za-z0-9_-]{90,100}$/));

/** @param what with its article. @throws WireError `malformed` */
export function parseJson<T>(what: string, schema: z.ZodMiniType<T>, json: unknown): T {
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw new WireError('malformed', `this is not ${what}: ${issue?.path.join('.') || 'it'} is wrong`);
}
