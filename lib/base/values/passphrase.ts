import { BaseError } from '../errors.js';

const MIN_BYTES = 12;
const MAX_BYTES = 1024;

/** The rule for new passphrases in a few words, to be said before one is asked for. */
export const PASSPHRASE_RULE = `at least ${MIN_BYTES} bytes`;

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Demands that a new passphrase has 12 to 1,024 bytes and can be typed at a prompt: one line of UTF-8 without control
 * characters and without a byte order mark. One that exists already is taken as it is.
 * @throws BaseError `bad_passphrase`, with what is wrong with it and nothing of what it is
 */
export function demandNewPassphrase(passphrase: Uint8Array): void {
  const problem = problemOf(passphrase);
  if (problem === undefined) return;
  throw new BaseError('bad_passphrase', `this can't be a passphrase: ${problem}`, {
    hint: 'take several words on one line; an editor that saves as plain UTF-8 with LF adds nothing to them',
  });
}

function problemOf(passphrase: Uint8Array): string | undefined {
  if (passphrase.length < MIN_BYTES || passphrase.length > MAX_BYTES) {
    return `it has ${passphrase.length} bytes, not ${MIN_BYTES} to ${MAX_BYTES}`;
  }
  const text = decode(passphrase);
  if (text === undefined) return 'it is not UTF-8';
  if (text.includes('\ufeff')) return 'it holds a byte order mark, which no key types';
  if (/\n./s.test(text)) return 'it has more than one line';
  if (text.includes('\r')) return 'it holds a carriage return, as files of Windows do, which no key types';
  if (/[\p{Cc}\p{Zl}\p{Zp}]/u.test(text)) return 'it holds a control character, which no key types';
  return undefined;
}

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
