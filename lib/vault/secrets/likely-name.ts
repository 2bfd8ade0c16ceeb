import { type KeyName, nearest } from '../../base/index.js';
import { VaultError } from '../errors.js';
import { keysBelow } from '../format/key-tree.js';
import { keptVersions, looksBuried } from '../format/versions.js';

/** The error for a name that no secret has, with the name that was perhaps meant, or the way back to a deleted one. */
export async function withLikelyName(secretsDir: string, key: KeyName, error: VaultError): Promise<VaultError> {
  const hint = (await wayBack(secretsDir, key)) ?? likelyName(key, await keysBelow(secretsDir));
  return hint === undefined ? error : new VaultError(error.code, error.message, { hint, cause: error });
}

async function wayBack(secretsDir: string, key: KeyName): Promise<string | undefined> {
  const last = (await keptVersions(secretsDir, key)).at(-1);
  if (last === undefined || looksBuried(secretsDir, key, last)) return undefined;
  return `it was deleted, and comes back with: vigocli secrets rollback ${key}`;
}

/** Misspelled, a folder, or without the folders above it. */
function likelyName(key: KeyName, names: readonly KeyName[]): string | undefined {
  if (names.some((name) => name.startsWith(`${key}/`))) return `it is a folder: vigocli secrets list ${key}`;
  const likely = nearest(key, names) ?? names.find((name) => name.endsWith(`/${key}`));
  return likely && `did you mean: ${likely}`;
}
