import { resolve, sep } from 'node:path';
import { VigoError } from '../../base/index.js';
import { type PlaceField, readSettings, type WrittenSettings } from '../../settings/index.js';
import type { CommandContext } from '../context.js';
import { CliError } from '../errors.js';
import { printable } from '../printable.js';

const CERTIFICATES: readonly PlaceField[] = ['server.tls.ca', 'server.tls.ca_key', 'server.tls.cert', 'server.tls.key'];

/**
 * Compares what is about to be copied with what `server.yaml` names: another vault or database would make a backup
 * that looks whole and isn't, so that is refused; certificates outside the home are named and left out.
 * @throws CliError `bad_config`
 */
export async function demandWhatServerUses(context: CommandContext): Promise<void> {
  const { home, secretsDir, keyFile, warn } = context;
  const settings = await readIfSound(context);
  if (settings === undefined) return;
  demandSame(settings, 'secrets.secrets_dir', secretsDir, (path) => `--secrets-dir ${path}`);
  demandSame(settings, 'secrets.key_file', keyFile, (path) => `--key-file ${path}`);
  demandSame(settings, 'database.dsn', home.database, () => 'move it into the home, or copy it there first');
  for (const field of CERTIFICATES) {
    const path = settings.place(field);
    if (path === undefined || resolve(path).startsWith(home.root + sep)) continue;
    warn(`left out ${printable(path)}: server.yaml puts it outside of the home (${field})`);
  }
}

/** A server that doesn't start for a mistake in its settings has to be backed up, too. */
async function readIfSound({ home, warn }: CommandContext): Promise<WrittenSettings | undefined> {
  try {
    return await readSettings(home);
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    warn(`${error.message}: whether it puts files outside of the home isn't known`);
    return undefined;
  }
}

function demandSame(settings: WrittenSettings, field: PlaceField, used: string, hint: (path: string) => string): void {
  const named = settings.place(field);
  if (named === undefined || resolve(named) === used) return;
  throw new CliError(
    'bad_config',
    `${settings.name} names ${printable(named)} (${field}), and this would copy ${used}`,
    {
      hint: hint(named),
    },
  );
}
