import type { Stats } from 'node:fs';
import { groupId, userId } from './accounts.js';

export interface Ownership {
  readonly uid: number;
  readonly gid: number;
}

export interface DeclaredOwnership {
  readonly owner?: string;
  readonly group?: string;
}

const SETGID = 0o2000;

/**
 * Who shall own a file: who is declared, else who owns it already, else the user of this process. What is made in a
 * folder with the set-group-id bit gets that folder's group, as from every program.
 * @param folder the folder that it is in; undefined where its group isn't asked, as for a secret
 */
export async function ownershipOf(
  declared: DeclaredOwnership,
  current: Stats | undefined,
  folder: Stats | undefined,
): Promise<Ownership> {
  const inherited = folder !== undefined && (folder.mode & SETGID) !== 0 ? folder.gid : undefined;
  return {
    uid: declared.owner === undefined ? (current?.uid ?? process.geteuid?.() ?? 0) : await userId(declared.owner),
    gid:
      declared.group === undefined
        ? (current?.gid ?? inherited ?? process.getegid?.() ?? 0)
        : await groupId(declared.group),
  };
}

/** How mode and owner differ from what is declared, in words. */
export function attributeChanges(stats: Stats, mode: number, { uid, gid }: Ownership): string[] {
  const changes: string[] = [];
  const current = stats.mode & 0o7777;
  if (current !== mode) changes.push(`mode ${octal(current)} becomes ${octal(mode)}`);
  if (stats.uid !== uid) changes.push(`owner ${stats.uid} becomes ${uid}`);
  if (stats.gid !== gid) changes.push(`group ${stats.gid} becomes ${gid}`);
  return changes;
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, '0');
}
