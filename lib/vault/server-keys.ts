import { join } from 'node:path';
import { encodeCanonical, isKeyName, Secret } from '../base/index.js';
import { loadHmacSha256, randomBytes, wipe } from '../crypto/index.js';
import {
  createFileExclusive,
  ensureDir,
  FilesError,
  readFileLimited,
  removeTree,
  removeUnfinished,
  writeFileAtomic,
} from '../files/index.js';
import { VaultError } from './errors.js';
import { type VaultLayout, type VaultPlace, vaultLayout } from './format/layout.js';
import { loadMasterKeys, type MasterKeys } from './format/master-key.js';
import { openFile, sealFile } from './format/seal.js';
import { decodeVaultFile, MAX_FILE_BYTES, type VaultFileHeader } from './format/vault-file.js';
import { missingKey } from './gate/missing-key.js';
import type { VaultLock } from './lock.js';

const SERVER_KEY_BYTES = 32;
const MAX_TRIES = 3;
/** The key of the marks by which envoys notice that a watched secret changed. */
const WATCH_KEY = 'watch';

/** Under which lock, when and by whom a key of the server is written. */
export interface ServerKeyChange {
  readonly lock: VaultLock;
  readonly createdMs: number;
  readonly by: string;
}

/**
 * The server's own keys lie beside the secrets as `keys/<name>`, encrypted under the same master key and in the same
 * file format, but of a kind that is no secret's: no ref, `list` or `reveal` reaches them (D5b), not even when somebody
 * moves such a file into the vault.
 */
export async function makeServerKey(
  layout: VaultLayout,
  name: string,
  keys: MasterKeys,
  made: { createdMs: number; by: string },
): Promise<void> {
  const key = name === WATCH_KEY ? await deriveWatchKey(layout, 'policy', keys) : randomBytes(SERVER_KEY_BYTES);
  await storeNewKey(layout, name, key, keys, made);
}

/**
 * What versions of Vigo that had no such key derived from the policy key at each start. Under any other key each command
 * of the fleet that watches a secret would run once more.
 */
async function deriveWatchKey(layout: VaultLayout, policyKey: string, keys: MasterKeys): Promise<Uint8Array> {
  const { value } = await openServerKey(layout, policyKey, keys);
  try {
    const info = encodeCanonical('vigo/watch-mark-key/v1');
    return (await loadHmacSha256()).deriveKey({ secret: value.expose(), info }, SERVER_KEY_BYTES);
  } finally {
    value.dispose();
  }
}

async function storeNewKey(
  layout: VaultLayout,
  name: string,
  key: Uint8Array,
  keys: MasterKeys,
  made: { createdMs: number; by: string },
): Promise<void> {
  const header = { version: 1, kind: 'server-key', createdMs: made.createdMs, meta: { by: made.by } } as const;
  const path = pathOf(layout, name);
  await ensureDir(layout.keysDir, 0o700);
  try {
    await createFileExclusive(path, sealFile(name, header, key, keys.current), { mode: 0o600 });
  } catch (error) {
    // An `init` that crashed has made it; another one would be a stranger to whoever saw its public key.
    if (!(error instanceof FilesError) || error.code !== 'exists') throw error;
  } finally {
    wipe(key);
  }
}

/**
 * Makes a key that the version of Vigo which made this vault didn't know of. One that is there is left.
 * @throws VaultError as `readServerKey`, but for its own file's
 */
export async function addServerKey(place: VaultPlace, name: string, { lock, ...made }: ServerKeyChange): Promise<void> {
  await withKeys(place, lock, (layout, keys) => makeServerKey(layout, name, keys, made));
}

/**
 * Makes the key `watch` of a vault from before there was one, from the policy key. One that is there is left.
 * @param policyKey the name of the policy key that counts: `policy`, or `policy-next` before it has taken the place
 * @throws VaultError as `readServerKey`
 */
export async function addWatchKey(
  place: VaultPlace,
  policyKey: string,
  { lock, ...made }: ServerKeyChange,
): Promise<void> {
  await withKeys(place, lock, async (layout, keys) => {
    await storeNewKey(layout, WATCH_KEY, await deriveWatchKey(layout, policyKey, keys), keys, made);
  });
}

/**
 * Opens a key of the server: 32 bytes. The caller disposes of it.
 * @throws VaultError `not_found`, `damaged`, `forged`, `unknown_key`, `misplaced`, and for the master key
 * `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`
 */
export async function readServerKey(place: VaultPlace, name: string): Promise<Secret<Uint8Array>> {
  const layout = vaultLayout(place);
  for (let tries = 1; ; tries++) {
    const keys = await loadMasterKeys(layout.keyFile);
    if (keys === undefined) throw await missingKey(layout);
    try {
      return (await openServerKey(layout, name, keys)).value;
    } catch (error) {
      // The master key may have been replaced between the two looks.
      if (tries === MAX_TRIES || !(error instanceof VaultError) || error.code !== 'unknown_key') throw error;
    } finally {
      keys.dispose();
    }
  }
}

/**
 * Puts one key of the server in the place of another, whose value is gone then. A crash leaves the old one or the new
 * one there, and where both names are there, both have the new one. @throws VaultError as `readServerKey`
 */
export async function promoteServerKey(
  place: VaultPlace,
  from: string,
  to: string,
  { lock, createdMs, by }: ServerKeyChange,
): Promise<void> {
  await withKeys(place, lock, async (layout, keys) => {
    const { value } = await openServerKey(layout, from, keys);
    try {
      const header = { version: 1, kind: 'server-key', createdMs, meta: { by } } as const;
      await writeFileAtomic(pathOf(layout, to), sealFile(to, header, value.expose(), keys.current), { mode: 0o600 });
    } finally {
      value.dispose();
    }
    await removeTree(pathOf(layout, from));
  });
}

/** Not while the master key is being replaced: what is written meanwhile would be the one file under the old one. */
function withKeys(
  place: VaultPlace,
  lock: VaultLock,
  work: (layout: VaultLayout, keys: MasterKeys) => Promise<void>,
): Promise<void> {
  const layout = vaultLayout(place);
  return lock.exclusively(async () => {
    const keys = await loadMasterKeys(layout.keyFile);
    if (keys === undefined) throw await missingKey(layout);
    try {
      await removeUnfinished(layout.keysDir);
      await work(layout, keys);
    } finally {
      keys.dispose();
    }
  });
}

/** Opens a key of the server with these master keys. Throws what `readServerKey` does. */
export async function openServerKey(
  layout: VaultLayout,
  name: string,
  keys: MasterKeys,
): Promise<{ readonly header: VaultFileHeader; readonly value: Secret<Uint8Array> }> {
  const file = decodeVaultFile(name, await readKeyFile(pathOf(layout, name)));
  if (file.header.kind !== 'server-key') {
    throw new VaultError('forged', `the file of ${name} holds no key of the server`);
  }
  return { header: file.header, value: new Secret(openFile(name, file, keys)) };
}

async function readKeyFile(path: string): Promise<Uint8Array> {
  try {
    return await readFileLimited(path, MAX_FILE_BYTES);
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    if (cause.code === 'not_found') {
      throw new VaultError('not_found', `the server's key ${path} is missing`, {
        cause,
        hint: 'restore it from a backup',
      });
    }
    if (cause.code === 'not_regular') throw new VaultError('misplaced', cause.message, { cause });
    throw cause;
  }
}

function pathOf(layout: VaultLayout, name: string): string {
  if (!isKeyName(name) || name.includes('/')) throw new VaultError('not_found', `the server has no key ${name}`);
  return join(layout.keysDir, name);
}
