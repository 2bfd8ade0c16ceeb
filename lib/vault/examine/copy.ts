import { isKeyName, type KeyName } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import { VaultError } from '../errors.js';
import { importMasterKeys, type MasterKeys } from '../format/master-key.js';
import { openFile } from '../format/seal.js';
import { decodeVaultFile, type VaultFileKind } from '../format/vault-file.js';
import { VERSIONS } from '../format/versions.js';
import { decodeVerifier } from '../gate/verifier.js';

/** What a file of a vault is, by its place. */
export type CopiedFile = 'secret' | 'version' | 'server-key' | 'verifier';

/** The files of a copied vault, one by one, under the copy's own master key. */
export interface VaultCopy {
  /**
   * Opens a file and forgets what is in it.
   * @param path as in a snapshot, like `secrets/a/b`
   * @throws VaultError `damaged`, `forged`, `unknown_key`, `bad_verifier`; `misplaced` for what no vault has there
   */
  check(path: string, bytes: Uint8Array): CopiedFile;
  dispose(): void;
}

/** @param masterKeyFile is wiped. @throws VaultError `bad_master_key` */
export async function openVaultCopy(masterKeyFile: Uint8Array): Promise<VaultCopy> {
  const keys = await importMasterKeys('secrets/.master.key', masterKeyFile);
  return { check: (path, bytes) => check(path, bytes, keys), dispose: () => keys.dispose() };
}

const KINDS: Readonly<Record<Exclude<CopiedFile, 'verifier'>, readonly VaultFileKind[]>> = {
  secret: ['raw', 'password'],
  version: ['raw', 'password', 'tombstone'],
  'server-key': ['server-key'],
};

function check(path: string, bytes: Uint8Array, keys: MasterKeys): CopiedFile {
  if (path === 'secrets-verifier.json') {
    decodeVerifier(path, bytes);
    return 'verifier';
  }
  const { is, name, version } = placeOf(path);
  const file = decodeVaultFile(name, bytes);
  wipe(openFile(name, file, keys));
  const { header } = file;
  if (!KINDS[is].includes(header.kind) || (version !== undefined && version !== header.version)) {
    throw new VaultError(
      'forged',
      `${path} holds version ${header.version} of kind ${header.kind}, not what its place says`,
    );
  }
  return is;
}

interface Place {
  readonly is: Exclude<CopiedFile, 'verifier'>;
  readonly name: KeyName;
  readonly version?: number;
}

function placeOf(path: string): Place {
  const [folder, ...segments] = path.split('/');
  const kept = new RegExp(`^${VERSIONS}/(.+)/@([1-9][0-9]{0,9})$`).exec(segments.join('/'));
  const name = kept?.[1] ?? segments.join('/');
  if (isKeyName(name)) {
    if (folder === 'secrets' && kept !== null) return { is: 'version', name, version: Number(kept[2]) };
    if (folder === 'secrets') return { is: 'secret', name };
    if (folder === 'keys' && kept === null) return { is: 'server-key', name };
  }
  throw new VaultError('misplaced', `${path} is no file of a vault`);
}
