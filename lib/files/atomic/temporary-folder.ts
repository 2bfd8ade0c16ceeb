import { mkdtemp, rm } from 'node:fs/promises';
import { freemem, tmpdir } from 'node:os';
import { join } from 'node:path';
import { filesError } from '../errors.js';
import { freeSpace } from '../scrutiny/free-space.js';
import { memoryRoots } from './scratch.js';

export interface TemporaryFolder {
  /** 0700. */
  readonly path: string;
  /** With all that is in it. */
  remove(): Promise<void>;
}

/**
 * Lends a private folder for what is better not left on a disk: in memory where there is room for four times as much.
 * @param bytes how much will be put there
 */
export async function makeTemporaryFolder(bytes: number): Promise<TemporaryFolder> {
  const roots = 4 * bytes <= freemem() ? memoryRoots().filter((root) => 4 * bytes <= freeSpace(root).bytes) : [];
  for (const root of roots) {
    const folder = await makeIn(root).catch(() => undefined); // not for this user
    if (folder !== undefined) return folder;
  }
  return makeIn(tmpdir()).catch((cause) => {
    throw filesError('make a folder in', tmpdir(), cause);
  });
}

async function makeIn(root: string): Promise<TemporaryFolder> {
  const path = await mkdtemp(join(root, 'vigo-'));
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}
