import { VaultError } from '../errors.js';

export const MIN_CHARACTERS = 12;

/** The rule in a few words, to be said before a password is asked for. */
export const PASSWORD_RULE = `at least ${MIN_CHARACTERS} characters, with upper case, lower case, a digit and a special character`;

/** @throws VaultError `weak_password`, saying what it lacks */
export function demandStrongPassword(password: Uint8Array): void {
  const missing = whatIsMissing(password);
  if (missing.length === 0) return;
  throw new VaultError('weak_password', 'the password is too weak', {
    hint: `${PASSWORD_RULE}; this one has ${missing.join(', ')}`,
  });
}

export function isStrongPassword(password: Uint8Array): boolean {
  return whatIsMissing(password).length === 0;
}

/**
 * The rule for passwords: at least 12 characters with upper, lower, digit and special. It works on UTF-8 bytes, so that
 * no string of the password is made; every character outside ASCII counts as special.
 */
function whatIsMissing(password: Uint8Array): string[] {
  const classes = new Set<CharacterClass>();
  let characters = 0;
  for (const byte of password) {
    if ((byte & 0xc0) !== 0x80) characters++; // a continuation byte begins no character
    classes.add(classOf(byte));
  }
  const missing = CLASSES.filter((one) => !classes.has(one)).map((one) => `no ${one}`);
  return characters < MIN_CHARACTERS ? [`fewer than ${MIN_CHARACTERS} characters`, ...missing] : missing;
}

const CLASSES = ['upper case', 'lower case', 'digit', 'special character'] as const;
type CharacterClass = (typeof CLASSES)[number];

function classOf(byte: number): CharacterClass {
  if (byte >= 0x41 && byte <= 0x5a) return 'upper case';
  if (byte >= 0x61 && byte <= 0x7a) return 'lower case';
  if (byte >= 0x30 && byte <= 0x39) return 'digit';
  return 'special character';
}
