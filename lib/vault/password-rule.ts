import { VaultError } from './errors.js';

const MIN_CHARACTERS = 12;

/**
 * The rule for passwords: at least 12 characters with upper, lower, digit and special. It works on UTF-8 bytes, so that
 * no string of the password is made; every character outside ASCII counts as special.
 * @throws VaultError `weak_password`
 */
export function demandStrongPassword(password: Uint8Array): void {
  const classes = new Set<string>();
  let characters = 0;
  for (const byte of password) {
    if ((byte & 0xc0) !== 0x80) characters++; // a continuation byte begins no character
    classes.add(classOf(byte));
  }
  if (characters >= MIN_CHARACTERS && classes.size === 4) return;
  throw new VaultError('weak_password', 'the password is too weak', {
    hint: `at least ${MIN_CHARACTERS} characters, with upper case, lower case, a digit and a special character`,
  });
}

function classOf(byte: number): string {
  if (byte >= 0x41 && byte <= 0x5a) return 'upper';
  if (byte >= 0x61 && byte <= 0x7a) return 'lower';
  if (byte >= 0x30 && byte <= 0x39) return 'digit';
  return 'special';
}
