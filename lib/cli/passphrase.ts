import type { CommandOption, Flags } from './command.js';
import { askHidden, askHiddenTwice } from './prompt.js';
import { readSecretLine } from './secret-input.js';

export const passphraseOption: CommandOption = {
  name: 'passphrase-file',
  value: 'path',
  summary: 'Read the passphrase from a file instead of asking; one trailing newline is left out',
};

const INSTEAD = '--passphrase-file <path> takes it from a file that only you can read';

/** The vault's passphrase, from the terminal or a file. The caller wipes it. */
export async function readPassphrase(flags: Flags): Promise<Uint8Array> {
  const file = flags.text('passphrase-file');
  return file === undefined ? askHidden('passphrase', INSTEAD) : readSecretLine(file);
}

/** A new passphrase, asked for twice. The caller wipes it. */
export async function readNewPassphrase(flags: Flags): Promise<Uint8Array> {
  const file = flags.text('passphrase-file');
  return file === undefined ? askHiddenTwice('new passphrase', INSTEAD) : readSecretLine(file);
}
