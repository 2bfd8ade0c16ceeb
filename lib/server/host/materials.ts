import { existsSync } from 'node:fs';
import type { HomePaths } from '../../base/index.js';
import { parseSettings, placesIn, readSettings, type Settings } from '../../settings/index.js';
import { openSecretReader, type VaultPlace } from '../../vault/index.js';
import { ServerError } from '../errors.js';
import type { SecretsProvider } from '../publishing/secrets-provider.js';
import { ServerTrust } from '../trust/server-trust.js';
import { readTlsFiles, type TlsFiles } from '../trust/tls-files.js';
import type { Shutdown } from './shutdown.js';

/** What must be there before a server can start. */
export interface Materials {
  readonly settings: Settings;
  readonly secrets: SecretsProvider;
  /** Where they and the server's own keys lie. */
  readonly place: VaultPlace;
  /** The policy key: signs heads and sealed answers. */
  readonly trust: ServerTrust;
  readonly tls: TlsFiles;
}

/**
 * Opens settings, master key, policy key and certificates, and checks that they belong together. Makes nothing.
 * @param settingsFile `server.yaml` somewhere else; in its usual place it may be missing
 * @throws the error of the room whose file is missing or wrong, naming it
 */
export async function openMaterials(
  paths: HomePaths,
  settingsFile: string | undefined,
  shutdown: Shutdown,
): Promise<Materials> {
  const written = (await readSettings(paths, settingsFile)) ?? (await parseSettings('', paths.settings));
  const { secretsDir, keyFile } = placesIn(paths, (field) => written.place(field));
  const place = { secretsDir, keyFile, keysDir: paths.keys };
  const secrets = await openSecretReader(place);
  shutdown.add(() => secrets.dispose());
  const settings = await written.resolve(paths, secrets);
  // Never made here: a server with a new policy key would be a stranger to every envoy.
  const trust = await ServerTrust.open(place, paths.trust);
  shutdown.add(() => trust.dispose());
  const tls = await readTlsFiles({ ...settings.tls, trust: paths.trust });
  demandDatabase(settings.databasePath);
  return { settings, secrets, place, trust, tls };
}

/** The database isn't made here either: `init` began it, and a vault without one has lost its audit log and its fleet. */
function demandDatabase(path: string): void {
  if (existsSync(path)) return;
  throw new ServerError('missing_file', `there is no database ${path}`, {
    hint: 'vigocli secrets init begins it together with the vault; if there was one, restore it from a backup',
  });
}
