import { existsSync } from 'node:fs';
import { parseKeyName, type Secret } from '../../../base/index.js';
import type { Command } from '../../command.js';
import { CliError } from '../../errors.js';
import { readNumber } from '../../write-options.js';

export const command: Command = {
  usage: 'secrets reveal <key>',
  summary: 'Print a value, to the byte; a newline follows only on a terminal, and only there',
  options: [
    { name: 'version', value: 'n', summary: 'An earlier version: vigocli secrets history lists them' },
    { name: 'output', value: 'file', summary: 'Write it to a file, 0600, that must not be there yet' },
    { name: 'force', summary: 'Replace that file' },
  ],
  examples: ['secrets reveal vigo/db/dsn', 'secrets reveal tls/key --output key.pem', 'secrets reveal a --version 2'],
  otherNames: ['get', 'show', 'cat', 'read', 'view', 'decrypt'],
  async run({ vault, out, note }, [name = ''], flags) {
    const key = parseKeyName(name);
    const version = readNumber(flags, 'version', { least: 1 });
    const [path, force] = [flags.text('output'), flags.is('force')];
    if (path !== undefined && !force && existsSync(path)) throw exists(path); // before it is recorded as seen
    const value = await (await vault()).reveal(key, { version });
    if (path !== undefined) {
      await write(path, value, force);
      return note(`${path} (0600)`);
    }
    out(value.expose());
    // Not to stdout, where even on a terminal every byte is one of the value.
    if (process.stdout.isTTY) note('');
  },
};

async function write(path: string, value: Secret<Uint8Array>, force: boolean): Promise<void> {
  const { createFileExclusive, writeFileAtomic } = await import('../../../files/index.js');
  try {
    await (force ? writeFileAtomic : createFileExclusive)(path, value.expose(), { mode: 0o600 });
  } finally {
    value.dispose();
  }
}

function exists(path: string): CliError {
  return new CliError('exists', `${path} exists already`, { hint: '--force replaces it' });
}
