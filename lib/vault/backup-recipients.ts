import { join } from 'node:path';
import { canonicalJson, fromUtf8, type Json, parseCanonicalJson, utf8, VigoError } from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { ensureDir, FilesError, readFileLimited, writeFileAtomic } from '../files/index.js';
import { VaultError } from './errors.js';
import type { VaultLayout } from './format/layout.js';
import type { MasterKeys } from './format/master-key.js';
import { openFile, sealFile } from './format/seal.js';
import { decodeVaultFile, MAX_FILE_BYTES, type VaultFile } from './format/vault-file.js';

/** A recipient for which a backup is made also while the vault is locked. */
export interface BackupRecipient {
  /** Names the key pair: 16 hex digits. */
  readonly id: string;
  /** Its public key, as the archive writes it. */
  readonly key: string;
  /** When it was registered: milliseconds since 1970. */
  readonly addedMs: number;
  readonly by: string;
}

export interface RecipientList {
  /** One more with each change; 0 where there is no list yet. */
  readonly version: number;
  readonly recipients: readonly BackupRecipient[];
}

/** Its file lies among the server's keys: in their format and under the master key, so that nobody else can write one. */
const NAME = 'backup-recipients';

/**
 * Reads the list.
 * @param seen the version after the last recorded change: an older file is one that was put back, and may name a
 * recipient that was removed since
 * @throws VaultError `damaged`, `forged`, `unknown_key`, `version_mismatch`
 */
export async function readRecipients(layout: VaultLayout, keys: MasterKeys, seen: number): Promise<RecipientList> {
  const bytes = await readFileLimited(pathOf(layout), MAX_FILE_BYTES).catch((cause) => {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    throw cause;
  });
  if (bytes === undefined) return { version: seen, recipients: [] };
  const file = decodeVaultFile(NAME, bytes);
  if (file.header.kind !== 'server-key') throw malformed(layout);
  const { version } = file.header;
  const value = openList(layout, file, keys);
  try {
    if (version < seen) {
      throw new VaultError('version_mismatch', `${pathOf(layout)} has version ${version}, and the log knows ${seen}`, {
        hint: 'an older copy of the file was restored; remove it and register the recipients again',
      });
    }
    return { version, recipients: parseList(value, layout) };
  } finally {
    wipe(value);
  }
}

/** @returns the list with its new version */
export async function writeRecipients(
  layout: VaultLayout,
  keys: MasterKeys,
  { version, recipients }: RecipientList,
  made: { createdMs: number; by: string },
): Promise<RecipientList> {
  const next = { version: version + 1, recipients };
  const list = recipients.map(({ id, key, addedMs, by }) => ({ added: addedMs, by, id, key }));
  const header = {
    version: next.version,
    kind: 'server-key',
    createdMs: made.createdMs,
    meta: { by: made.by },
  } as const;
  await ensureDir(layout.keysDir, 0o700);
  await writeFileAtomic(pathOf(layout), sealFile(NAME, header, utf8(canonicalJson(list)), keys.current), {
    mode: 0o600,
  });
  return next;
}

function openList(layout: VaultLayout, file: VaultFile, keys: MasterKeys): Uint8Array {
  try {
    return openFile(NAME, file, keys);
  } catch (cause) {
    if (!(cause instanceof VaultError) || cause.code !== 'forged') throw cause;
    throw new VaultError('forged', `${pathOf(layout)} was altered, or is not the list that this vault wrote`, {
      cause,
      hint: 'find out who can write there; then remove it and register the recipients again',
    });
  }
}

function parseList(value: Uint8Array, layout: VaultLayout): BackupRecipient[] {
  try {
    const json = parseCanonicalJson(fromUtf8(value));
    if (Array.isArray(json)) return json.map((one) => parseOne(one, layout));
  } catch (cause) {
    if (!(cause instanceof VigoError) || cause.room !== 'base') throw cause;
  }
  throw malformed(layout);
}

function parseOne(json: Json, layout: VaultLayout): BackupRecipient {
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) {
    const { id, key, added, by } = json as Readonly<Record<string, Json>>;
    if (typeof id === 'string' && typeof key === 'string' && typeof added === 'number' && typeof by === 'string') {
      return { id, key, addedMs: added, by };
    }
  }
  throw malformed(layout);
}

function pathOf({ keysDir }: VaultLayout): string {
  return join(keysDir, NAME);
}

function malformed(layout: VaultLayout): VaultError {
  return new VaultError('damaged', `${pathOf(layout)} holds no list of recipients`, {
    hint: 'remove it and register the recipients again',
  });
}
