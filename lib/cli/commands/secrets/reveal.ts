import { isUtf8 } from 'node:buffer';
import { lstatSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { KeyName, Secret } from '../../../base/index.js';
import type { OpenedSecret } from '../../../vault/index.js';
import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { CliError } from '../../errors.js';
import { readNumber } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets reveal <key>',
  summary: 'Print a value, to the byte; a newline follows on a terminal only',
  options: [
    { name: 'version', value: 'n', summary: 'An earlier version: vigocli secrets history lists them' },
    { name: 'output', value: 'file', summary: 'Write it to a file, 0600, that must not be there yet' },
    { name: 'force', summary: 'Replace that file' },
    { name: 'json', summary: 'Print JSON, with version, time, kind and who stored it' },
  ],
  examples: ['secrets reveal vigo/db/dsn', 'secrets reveal tls/key --output key.pem', 'secrets reveal a --version 2'],
  otherNames: ['get', 'show', 'cat', 'read', 'view', 'decrypt'],
  async run({ vault, json, verbatim, note }, [name = ''], flags) {
    const key = readKeyName(name);
    const version = readNumber(flags, 'version', { least: 1 });
    const [path, force] = [flags.text('output'), flags.is('force')];
    if (path !== undefined && flags.is('json')) {
      throw new CliError('usage', '--output writes the value alone, not JSON', { hint: 'leave one of the two out' });
    }
    if (path !== undefined) demandReplaceable(path, force); // before it is recorded as seen
    const opened = await (await vault()).open(key, { version });
    if (flags.is('json')) return json(toJson(key, opened));
    const { value } = opened;
    if (path !== undefined) {
      await write(path, value, force);
      return note(`${path} (0600)`);
    }
    verbatim(value.expose());
    if (isatty(1)) verbatim('\n');
  },
};

/** A value that is no text is given in base64. */
function toJson(key: KeyName, { version, kind, header, value }: OpenedSecret) {
  const { createdMs, meta } = header;
  const bytes = Buffer.from(value.expose());
  const encoding = isUtf8(bytes) ? 'utf8' : 'base64';
  return {
    key,
    version,
    kind,
    created_at: createdMs,
    by: meta.by,
    ...(meta.expires === undefined ? {} : { expires_at: meta.expires }),
    encoding,
    value: bytes.toString(encoding),
  };
}

async function write(path: string, value: Secret<Uint8Array>, force: boolean): Promise<void> {
  const { createFileExclusive, writeFileAtomic } = await import('../../../files/index.js');
  try {
    await (force ? writeFileAtomic : createFileExclusive)(path, value.expose(), { mode: 0o600, abroad: true });
  } finally {
    value.dispose();
  }
}

/** A device, a pipe or a link, like `/dev/null` and `/dev/stdout`, would be gone for every program on the host. */
function demandReplaceable(path: string, force: boolean): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isFile()) {
    throw new CliError('exists', `${path} is not a regular file, and stays as it is`, {
      hint: 'without --output a value goes to stdout',
    });
  }
  if (!force) throw new CliError('exists', `${path} exists already`, { hint: '--force replaces it' });
}
