import { existsSync } from 'node:fs';
import { encodeCanonical, type HomePaths, Secret, utf8 } from '../base/index.js';
import { type Ed25519Signer, loadEd25519, loadHmacSha256 } from '../crypto/index.js';
import { FilesError, readFileLimited } from '../files/index.js';
import { openSecretReader, readServerKey, type VaultPlace } from '../vault/index.js';
import { ServerError } from './errors.js';
import type { SecretsProvider } from './secrets-provider.js';
import { resolveSettings, type Settings, secretsPlaceOf } from './settings.js';
import { SettingsFile } from './settings-file.js';
import type { Shutdown } from './shutdown.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

const MAX_SETTINGS_BYTES = 1024 * 1024;
const WATCH_KEY_BYTES = 32;

/** What must be there before a server can start. */
export interface Materials {
  readonly settings: Settings;
  readonly secrets: SecretsProvider;
  /** Where they and the server's own keys lie. */
  readonly place: VaultPlace;
  /** The policy key: signs heads and sealed answers. */
  readonly signer: Ed25519Signer;
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
  const file = await readSettingsFile(paths, settingsFile);
  const place = { ...secretsPlaceOf(file, paths), keysDir: paths.keys };
  const secrets = await openSecretReader(place);
  shutdown.add(() => secrets.dispose());
  const settings = await resolveSettings(file, paths, secrets);
  const { signer, watchKey } = await openPolicyKey(place);
  shutdown.add(() => signer.dispose());
  shutdown.add(() => watchKey.dispose());
  const tls = await readTlsFiles(settings.tls);
  demandDatabase(settings.databasePath);
  return { settings, secrets, place, signer, watchKey, tls };
}

/** Never made here: a server with a new policy key would be a stranger to every envoy. */
async function openPolicyKey(place: VaultPlace): Promise<Pick<Materials, 'signer' | 'watchKey'>> {
  const seed = await readServerKey(place, 'policy');
  try {
    const signer = (await loadEd25519()).importSigner(seed.expose());
    const info = encodeCanonical('vigo/watch-mark-key/v1');
    const watchKey = new Secret((await loadHmacSha256()).deriveKey({ secret: seed.expose(), info }, WATCH_KEY_BYTES));
    return { signer, watchKey };
  } finally {
    seed.dispose();
  }
}

/** Nor is the database: `init` began it, and a vault without one has lost its audit log and its fleet. */
function demandDatabase(path: string): void {
  if (existsSync(path)) return;
  throw new ServerError('missing_file', `there is no database ${path}`, {
    hint: 'vigocli secrets init begins it together with the vault; if there was one, restore it from a backup',
  });
}

async function readSettingsFile(paths: HomePaths, file: string | undefined): Promise<SettingsFile> {
  const path = file ?? paths.settings;
  const bytes = await readFileLimited(path, MAX_SETTINGS_BYTES, { followLink: true }).catch((cause) => {
    if (!(cause instanceof FilesError) || cause.code !== 'not_found') throw cause;
    if (file === undefined) return utf8('');
    throw new ServerError('missing_file', `there is no ${file}`, { cause, hint: 'VIGO_CONFIG_FILE names it' });
  });
  return new SettingsFile(Buffer.from(bytes).toString('utf8'), path);
}
