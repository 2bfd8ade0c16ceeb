import { CliError } from '../errors.js';
import { aes256Gcm } from './primitives/aes-256-gcm.js';
import { argon2id } from './primitives/argon2id.js';
import { ed25519 } from './primitives/ed25519.js';
import { hkdfSha256 } from './primitives/hkdf-sha-256.js';
import { hmacSha256 } from './primitives/hmac-sha-256.js';
import { random } from './primitives/random.js';
import { sha256 } from './primitives/sha-256.js';
import { xWing } from './primitives/x-wing.js';
import type { Primitive } from './work.js';

/** What is measured, in the order in which it is printed. */
const primitives: readonly Primitive[] = [aes256Gcm, argon2id, ed25519, sha256, hmacSha256, hkdfSha256, xWing, random];

/**
 * The primitives that were asked for, all of them where none was.
 * @throws CliError `usage` for a name that none of them has
 */
export function choosePrimitives(only: readonly string[]): readonly Primitive[] {
  const unknown = only.find((name) => !primitives.some((primitive) => primitive.name === name));
  if (unknown !== undefined) {
    throw new CliError('usage', `there is no primitive ${JSON.stringify(unknown)}`, {
      hint: `there is ${primitives.map(({ name }) => name).join(', ')}`,
    });
  }
  return only.length === 0 ? primitives : primitives.filter(({ name }) => only.includes(name));
}
