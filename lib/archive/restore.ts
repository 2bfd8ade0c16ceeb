import { makeFolderWhole } from '../files/index.js';
import { restoredMode } from './path.js';
import type { OpenedArchive } from './read-archive.js';

export interface Restored {
  readonly entries: number;
}

/**
 * Makes a home of what is in an archive, whole or not at all.
 * @param home a folder that is empty, or doesn't exist
 * @param finish runs when all of it is there and authentic, before it gets its name
 * @throws ArchiveError, FilesError, and what `finish` throws; nothing is left then
 */
export async function restoreHome(
  archive: OpenedArchive,
  home: string,
  finish: (draft: string) => Promise<void>,
): Promise<Restored> {
  return makeFolderWhole(home, async (draft) => {
    let entries = 0;
    for await (const entry of archive.entries()) {
      entries++;
      if (entry.kind === 'folder') draft.folder(entry.path, restoredMode(entry.path, entry.mode));
      else if (entry.kind === 'link') draft.link(entry.path, entry.target);
      else await draft.file(entry.path, restoredMode(entry.path, entry.mode), entry.content);
    }
    await finish(draft.path);
    return { entries };
  });
}
