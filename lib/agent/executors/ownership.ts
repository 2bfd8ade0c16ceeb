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

/** Who shall own a file: who is declared, else who owns it already, else the user of this process. */
export async function ownershipOf(declared: DeclaredOwnership, current: Stats | undefined): Promise<Ownership> {
  return {
    uid: declared.owner === undefined ? (current?.uid ?? process.geteuid?.() ?? 0) : await userId(declared.owner),
    gid: declared.group === undefined ? (current?.gid ?? process.getegid?.() ?? 0) : await groupId(declared.group),
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
