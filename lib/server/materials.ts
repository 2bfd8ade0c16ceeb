import { existsSync } from 'node:fs';
import { encodeCanonical, type HomePaths, Secret } from '../base/index.js';
import { loadHmacSha256 } from '../crypto/index.js';
import { parseSettings, placesIn, readSettings, type Settings } from '../settings/index.js';
import { openSecretReader, type VaultPlace } from '../vault/index.js';
import { ServerError } from './errors.js';
import type { SecretsProvider } from './secrets-provider.js';
import { ServerTrust } from './server-trust.js';
import type { Shutdown } from './shutdown.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

const WATCH_KEY_BYTES = 32;

/** What must be there before a server can start. */
export interface Materials {
  readonly settings: Settings;
  readonly secrets: SecretsProvider;
  /** Where they and the server's own keys lie. */
  readonly place: VaultPlace;
  /** The policy key: signs heads and sealed answers. */
  readonly trust: ServerTrust;
  /** What the marks of watched secrets are made with; 32 bytes. */
  readonly watchKey: Secret<Uint8Array>;
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
  const { trust, watchKey } = await openPolicyKey(place, paths.trust);
  shutdown.add(() => trust.dispose());
  shutdown.add(() => watchKey.dispose());
  const tls = await readTlsFiles({ ...settings.tls, trust: paths.trust });
  demandDatabase(settings.databasePath);
  return { settings, secrets, place, trust, watchKey, tls };
}

/** Never made here: a server with a new policy key would be a stranger to every envoy. */
async function openPolicyKey(place: VaultPlace, chain: string): Promise<Pick<Materials, 'trust' | 'watchKey'>> {
  const hmac = await loadHmacSha256();
  const info = encodeCanonical('vigo/watch-mark-key/v1');
  let watchKey: Secret<Uint8Array> = new Secret(new Uint8Array());
  const trust = await ServerTrust.open(place, chain, async (secret) => {
    watchKey = new Secret(hmac.deriveKey({ secret, info }, WATCH_KEY_BYTES));
  });
  return { trust, watchKey };
}

/** Nor is the database: `init` began it, and a vault without one has lost its audit log and its fleet. */
function demandDatabase(path: string): void {
  if (existsSync(path)) return;
  throw new ServerError('missing_file', `there is no database ${path}`, {
    hint: 'vigocli secrets init begins it together with the vault; if there was one, restore it from a backup',
  });
}
