import { join } from 'node:path';
import { type KeyName, VigoError } from '../../base/index.js';
import { filesError } from '../../files/index.js';
import { VaultError } from '../errors.js';
import { keyPath } from '../format/key-tree.js';
import type { VaultLayout } from '../format/layout.js';
import type { MasterKeys } from '../format/master-key.js';
import { openKept } from '../format/stored-file.js';
import type { VaultFileHeader } from '../format/vault-file.js';
import { keptPath } from '../format/versions.js';
import { readIfThere } from '../secrets/secret-files.js';
import { openServerKey } from '../server-keys.js';

/** What is wrong with a file, or with its being there. */
export interface FileProblem {
  readonly path: string;
  /** Of the error that whoever opens it gets: `forged`, `version_mismatch`. */
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
}

/** What stands under one name: the headers of the files that open, and what is wrong with the others. */
export interface ExaminedName {
  readonly current: VaultFileHeader | undefined;
  readonly kept: readonly VaultFileHeader[];
  readonly problems: readonly FileProblem[];
}

/**
 * Opens every version of a secret.
 * @param versions the numbers of those that are kept, the lowest first
 * @param seen the last version that the server has seen, 0 for none
 */
export async function examineSecret(
  secretsDir: string,
  name: KeyName,
  keys: MasterKeys,
  { versions, seen }: { versions: readonly number[]; seen: number },
): Promise<ExaminedName> {
  const problems: FileProblem[] = [];
  const kept: VaultFileHeader[] = [];
  const path = keyPath(secretsDir, name);
  const current = await attempt(path, problems, async () => {
    const opened = await readIfThere(secretsDir, name, keys);
    opened?.value.dispose();
    return opened?.header;
  });
  for (const version of versions) {
    if (version === current?.version) continue; // one file under both names
    const keptFile = keptPath(secretsDir, name, version);
    const header = await attempt(keptFile, problems, () => openKeptHeader(secretsDir, name, version, keys));
    if (header !== undefined) kept.push(header);
  }
  if (problems.length === 0) problems.push(...steppedBack(path, name, current?.version ?? versions.at(-1) ?? 0, seen));
  return { current, kept, problems };
}

/** Opens a key of the server. */
export async function examineServerKey(layout: VaultLayout, name: KeyName, keys: MasterKeys): Promise<ExaminedName> {
  const problems: FileProblem[] = [];
  const current = await attempt(join(layout.keysDir, name), problems, async () => {
    const { header, value } = await openServerKey(layout, name, keys);
    value.dispose();
    return header;
  });
  return { current, kept: [], problems };
}

async function openKeptHeader(secretsDir: string, name: KeyName, version: number, keys: MasterKeys) {
  const opened = await openKept(secretsDir, name, version, keys);
  if (opened === undefined) return undefined;
  if ('buried' in opened) return opened.buried;
  opened.value.dispose();
  return opened.header;
}

async function attempt<T>(path: string, problems: FileProblem[], open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open();
  } catch (error) {
    const { code, message, hint } = error instanceof VigoError ? error : filesError('read', path, error);
    problems.push({ path, code, message, hint });
    return undefined;
  }
}

/** Against an older file that was put back with all that the vault keeps beside it, and against one that was taken away. */
function steppedBack(path: string, name: KeyName, last: number, seen: number): FileProblem[] {
  if (last >= seen) return [];
  const what = last === 0 ? `${name} is gone` : `${name} is at version ${last}`;
  const { code, message } = new VaultError('version_mismatch', `${what}, but the server has seen version ${seen}`);
  const hint = `an older file was put back, or one was taken away: store the value again, or restore a backup`;
  return [{ path, code, message, hint }];
}
