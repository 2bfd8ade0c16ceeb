import { readFile } from 'node:fs/promises';
import type { HomePaths } from '../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../crypto/index.js';
import { errnoOf } from '../files/index.js';
import { assertCa, assertKeyMatches } from '../pki/index.js';
import { openSecretReader, readServerKey, type SecretReader, type VaultPlace } from '../vault/index.js';
import { ServerError } from './errors.js';
import { parseSettings, type Settings } from './settings.js';
import type { Shutdown } from './shutdown.js';
import { readTlsFiles, type TlsFiles } from './tls-files.js';

/** What must be there before a server can start. */
export interface Materials {
  readonly secrets: SecretReader;
  /** The policy key: signs heads and sealed answers. */
  readonly signer: Ed25519Signer;
  readonly tls: TlsFiles;
}

/**
 * Opens master key, policy key and certificates, and checks that they belong together.
 * @throws the error of the room whose file is missing or wrong, naming it
 */
export async function openMaterials(paths: HomePaths, settings: Settings, shutdown: Shutdown): Promise<Materials> {
  const place = { secretsDir: settings.secretsDir, keyFile: settings.keyFile, keysDir: paths.keys };
  const secrets = await openSecretReader(place);
  shutdown.add(() => secrets.dispose());
  const signer = await openPolicyKey(place);
  shutdown.add(() => signer.dispose());
  const tls = await readTlsFiles(settings.tls);
  assertCa(tls.ca.certificatePem);
  assertKeyMatches(tls.ca.certificatePem, tls.ca.keyPem);
  assertKeyMatches(tls.certificatePem, tls.keyPem);
  return { secrets, signer, tls };
}

/** Never made here: a server with a new policy key would be a stranger to every envoy. */
async function openPolicyKey(place: VaultPlace): Promise<Ed25519Signer> {
  const seed = await readServerKey(place, 'policy');
  try {
    return (await loadEd25519()).importSigner(seed.expose());
  } finally {
    seed.dispose();
  }
}

/** Reads `server.yaml`; where it is in its usual place, it may be missing. */
export async function readSettings(paths: HomePaths, file: string | undefined): Promise<Settings> {
  const path = file ?? paths.settings;
  try {
    return parseSettings(await readFile(path, 'utf8'), path, paths);
  } catch (cause) {
    if (errnoOf(cause) !== 'ENOENT') throw cause;
    if (file !== undefined) throw new ServerError('missing_file', `there is no ${file}`, { cause });
    return parseSettings('', path, paths);
  }
}
