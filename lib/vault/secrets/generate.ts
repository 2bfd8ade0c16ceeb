import { utf8 } from '../../base/index.js';
import { randomBytes, wipe } from '../../crypto/index.js';
import { VaultError } from '../errors.js';
import { isStrongPassword, MIN_CHARACTERS } from './password-rule.js';

/**
 * What a generated password is made of: letters, digits, and the four signs that mean nothing to a URL (RFC 3986
 * section 2.3). 66 characters are 6.04 bits each.
 */
export const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~';
/** 145 bits. */
export const DEFAULT_LENGTH = 24;
export const MAX_LENGTH = 1024;

/**
 * Draws a password, each of those that satisfy the rule for passwords as likely as any other. The caller wipes it.
 * @param length 12 to 1,024 characters
 * @throws VaultError `bad_length`
 */
export function generatePassword(length: number = DEFAULT_LENGTH): Uint8Array {
  if (!Number.isInteger(length) || length < MIN_CHARACTERS || length > MAX_LENGTH) {
    throw new VaultError('bad_length', `a generated password has ${MIN_CHARACTERS} to ${MAX_LENGTH} characters`);
  }
  for (;;) {
    const password = draw(length);
    // The whole of it is drawn again: to mend one character would make some passwords likelier than others.
    if (isStrongPassword(password)) return password;
    wipe(password);
  }
}

function draw(length: number): Uint8Array {
  const alphabet = utf8(ALPHABET);
  // Bytes from here on are left out, because the first characters would get one more of them than the last ones.
  const limit = 256 - (256 % alphabet.length);
  const password = new Uint8Array(length);
  for (let drawn = 0; drawn < length; ) {
    const random = randomBytes(length - drawn);
    for (const byte of random) if (byte < limit) password[drawn++] = alphabet[byte % alphabet.length] ?? 0;
    wipe(random);
  }
  return password;
}
