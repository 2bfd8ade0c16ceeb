import { resolve, sep } from 'node:path';
import { shellWord } from '../../base/index.js';
import type { PlaceField, WrittenSettings } from '../../settings/index.js';
import { CliError } from '../errors.js';
import type { CommandContext } from '../host/context.js';

const CERTIFICATES: readonly PlaceField[] = ['server.tls.ca', 'server.tls.ca_key', 'server.tls.cert', 'server.tls.key'];

/**
 * Compares what is about to be copied with what `server.yaml` names: a backup of another vault, with the settings of this
 * one, would look whole and isn't, so that is refused; certificates outside the home are named and left out.
 * @throws CliError `bad_config`, and as `context.settings`
 */
export async function demandWhatServerUses(context: CommandContext): Promise<void> {
  const { home, warn } = context;
  const settings = await context.settings();
  if (settings === undefined) return;
  const { secretsDir, keyFile } = await context.places();
  demandSame(settings, 'secrets.secrets_dir', secretsDir, (path) => `--secrets-dir ${shellWord(path)}`);
  demandSame(settings, 'secrets.key_file', keyFile, (path) => `--key-file ${shellWord(path)}`);
  for (const field of CERTIFICATES) {
    const path = settings.place(field);
    if (path === undefined || resolve(path).startsWith(home.root + sep)) continue;
    warn(`left out ${path}: server.yaml puts it outside of the home (${field})`);
  }
}

function demandSame(settings: WrittenSettings, field: PlaceField, used: string, hint: (path: string) => string): void {
  const named = settings.place(field);
  if (named === undefined || resolve(named) === used) return;
  throw new CliError('bad_config', `${settings.name} names ${named} (${field}), and this would copy ${used}`, {
    hint: hint(named),
  });
}
