import { demandNewPassphrase, PASSPHRASE_RULE } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import { askHidden, askHiddenTwice } from '../console/prompt.js';
import { readSecretLine } from './secret-input.js';

export const passphraseOption: CommandOption = {
  name: 'passphrase-file',
  value: 'path',
  summary: 'Read the passphrase from a file instead of asking; one trailing newline is left out',
};

/** Where the present one is given as well. */
export const newPassphraseOption: CommandOption = {
  name: 'new-passphrase-file',
  value: 'path',
  summary: 'The same for the new passphrase',
};

const INSTEAD = '--passphrase-file <path> takes it from a file that only you can read';

/** The vault's passphrase, from the terminal or a file. The caller wipes it. */
export async function readPassphrase(flags: Flags, question = 'passphrase'): Promise<Uint8Array> {
  const file = flags.text('passphrase-file');
  return file === undefined ? askHidden(question, INSTEAD) : readSecretLine(file);
}

/**
 * A new passphrase, asked for twice, or from the file that the option names. The caller wipes it.
 * @throws BaseError `bad_passphrase` for one that is too short, or that can't be typed later
 */
export async function readNewPassphrase(
  flags: Flags,
  option = passphraseOption.name,
  question = 'new passphrase',
): Promise<Uint8Array> {
  const file = flags.text(option);
  const instead = `--${option} <path> takes it from a file that only you can read`;
  const passphrase =
    file === undefined
      ? await askHiddenTwice(question, instead, { rule: PASSPHRASE_RULE })
      : await readSecretLine(file);
  try {
    demandNewPassphrase(passphrase);
    return passphrase;
  } catch (error) {
    wipe(passphrase);
    throw error;
  }
}
