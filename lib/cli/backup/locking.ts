import type { Identity, Locking, Recipient, Unlocking } from '../../archive/index.js';
import { fromUtf8 } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import { askHidden } from '../console/prompt.js';
import { CliError } from '../errors.js';
import { passphraseOption, readNewPassphrase } from '../host/passphrase.js';
import { readSecretLine } from '../host/secret-input.js';

export const backupPassphraseOption: CommandOption = {
  ...passphraseOption,
  summary: "Read the backup's passphrase from a file instead of asking; one trailing newline is left out",
};

export const recipientOption: CommandOption = {
  name: 'recipient',
  value: 'key',
  summary: 'Instead of a passphrase: a public key of vigocli backup keygen, or a file that holds one',
};

export const identityOption: CommandOption = {
  name: 'identity',
  value: 'file',
  summary: 'The private key, for a backup that was made for a recipient',
};

/** What an editor may leave at the end of a line: blank, tab, CR, LF. */
const WHITE_SPACE = [0x20, 0x09, 0x0d, 0x0a];

/** A key itself, not the path of a file that holds one. */
const IS_KEY = /^vga[ri]_/;

/** What a backup is made for. The caller wipes a passphrase. @throws CliError `usage` where both are given */
export async function readLocking(flags: Flags): Promise<Locking> {
  const { demandUsable } = await import('../../archive/index.js');
  const recipient = flags.text('recipient');
  if (recipient !== undefined) {
    if (flags.is('passphrase-file')) {
      throw new CliError('usage', 'a backup is for a recipient or for who knows a passphrase, not for both');
    }
    return { kind: 'recipient', recipient: await readRecipient(recipient) };
  }
  const passphrase = await readNewPassphrase(flags, passphraseOption.name, "backup's passphrase");
  try {
    demandUsable(passphrase);
  } catch (error) {
    wipe(passphrase);
    throw error;
  }
  return { kind: 'passphrase', passphrase };
}

/** @param source a public key, or the path of a file that holds one. @throws ArchiveError `bad_recipient`; FilesError */
export async function readRecipient(source: string): Promise<Recipient> {
  const { parseRecipient } = await import('../../archive/index.js');
  const text = IS_KEY.test(source) ? source : fromUtf8(await readSecretLine(source));
  return parseRecipient(text.trimEnd());
}

/** What opens a backup: asked for, or read, when its header says which of both it is. */
export function readUnlocking(flags: Flags): Unlocking {
  const passphraseFile = flags.text('passphrase-file');
  const identityFile = flags.text('identity');
  return {
    async passphrase() {
      if (identityFile !== undefined) {
        throw new CliError('usage', 'the backup was made with a passphrase, not for a recipient: leave out --identity');
      }
      if (passphraseFile !== undefined) return readSecretLine(passphraseFile);
      return askHidden("backup's passphrase", '--passphrase-file <path> takes it from a file that only you can read');
    },
    async identity() {
      if (identityFile !== undefined) return readIdentity(identityFile);
      throw new CliError('usage', 'the backup was made for a recipient', {
        hint: '--identity <file> names the private key',
      });
    },
  };
}

async function readIdentity(path: string): Promise<Identity> {
  const [{ parseIdentity }, { readInput }] = await Promise.all([
    import('../../archive/index.js'),
    import('../../files/index.js'),
  ]);
  const bytes = await readInput(path, 4096, { private: true });
  const end = bytes.findLastIndex((byte) => !WHITE_SPACE.includes(byte)) + 1;
  try {
    return parseIdentity(bytes.subarray(0, end));
  } finally {
    wipe(bytes);
  }
}
