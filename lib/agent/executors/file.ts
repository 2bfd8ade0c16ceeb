import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { constantTimeEqual, wipe } from '../../crypto/index.js';
import {
  type FoldersAbove,
  readFileLimited,
  removeFile,
  removeUnfinished,
  setAttributes,
  withAnchoredPath,
  writeFileAtomic,
} from '../../files/index.js';
import type { ResolvedFile } from '../../policy/index.js';
import { AgentError } from '../errors.js';
import { hasAcl, isOpenToAcl, refusedMode } from './acl.js';
import type { Executor } from './executor.js';
import { type Found, inspect, verdictOn } from './inspect.js';
import { attributeChanges, type Ownership, ownershipOf } from './ownership.js';

type PresentFile = Extract<ResolvedFile, { ensure: 'present' }>;

/**
 * A regular file. Its content is replaced as a whole, atomically, and never has a wider mode or another owner than
 * declared, not for an instant. A file with a secret in it never lets in more users than its mode says, by an ACL either.
 * A symbolic link that has its path is replaced or removed itself and never followed;
 * where no content is declared there is nothing to replace it by, and it is refused. So is a folder.
 */
export const fileExecutor: Executor<ResolvedFile> = {
  check(file) {
    return verdictOn(file, async (found, anchored, above) => {
      if (file.ensure === 'present') return changesOf(file, found, anchored, above);
      if (found.kind === 'directory') throw refusedFolder(file);
      return found.kind === 'nothing' ? [] : ['removes it'];
    });
  },

  async apply(file) {
    await withAnchoredPath(file.path, async (anchored, above) => {
      const found = await inspect(file.path, anchored);
      if (found.kind === 'directory') throw refusedFolder(file);
      if (file.ensure === 'absent') {
        if (found.kind !== 'nothing') await removeFile(anchored);
        return;
      }
      // A run that was killed here left what it had written of the content; this one is the only one (the run lock).
      await removeUnfinished(dirname(anchored));
      const options = { mode: file.mode, owner: await ownerOf(file, statsOf(found), above) };
      const beforeContent = async (opened: string) => demandNoAcl(file, above, await hasAcl(opened));
      const careful = needsNoAcl(file, above) ? { ...options, beforeContent } : options;
      if (file.content !== undefined) await writeFileAtomic(anchored, file.content.expose(), careful);
      else if (found.kind === 'nothing') await writeFileAtomic(anchored, new Uint8Array(), options);
      else await setAttributes(anchored, options, { above });
    });
  },
};

async function changesOf(
  file: PresentFile,
  found: Found,
  anchored: string,
  above: FoldersAbove,
): Promise<readonly string[]> {
  if (found.kind === 'nothing') return ['creates it'];
  if (found.kind === 'link') {
    if (file.content !== undefined) return ['replaces a symbolic link'];
    throw new AgentError('refused_resource', `${file.path} is a symbolic link`, {
      hint: 'declare the content as well, or the file that it leads to',
    });
  }
  if (found.kind === 'directory') throw refusedFolder(file);
  const changes = attributeChanges(found.stats, file.mode, await ownerOf(file, found.stats, above));
  if (file.content !== undefined && !(await holds(anchored, found.stats, file.content.expose()))) {
    changes.unshift('content differs');
  }
  if (needsNoAcl(file, above)) {
    const acl = await hasAcl(anchored.replace('/self/', `/${process.pid}/`));
    if (acl === undefined) demandNoAcl(file, above, acl);
    else if (acl) changes.push('removes its ACL');
  }
  return changes;
}

async function holds(path: string, stats: Stats, content: Uint8Array): Promise<boolean> {
  if (stats.size !== content.length) return false;
  const current = await readFileLimited(path, content.length);
  try {
    return constantTimeEqual(current, content);
  } finally {
    wipe(current);
  }
}

/** What has the path may be somebody else's, put there beforehand to be given the secret: that one isn't kept, nor is the folder's group. */
function ownerOf(file: PresentFile, current: Stats | undefined, above: FoldersAbove): Promise<Ownership> {
  if (!file.confidential) return ownershipOf(file, current, above.folder);
  return ownershipOf(file, undefined, undefined);
}

function needsNoAcl(file: PresentFile, above: FoldersAbove): boolean {
  return file.confidential && isOpenToAcl(above, file.mode);
}

function demandNoAcl({ path, mode }: PresentFile, { foreign }: FoldersAbove, acl: boolean | undefined): void {
  if (acl !== false) throw refusedMode(path, mode, foreign, acl);
}

function statsOf(found: Found): Stats | undefined {
  return found.kind === 'file' ? found.stats : undefined;
}

function refusedFolder(file: ResolvedFile): AgentError {
  return new AgentError('refused_resource', `${file.path} is a folder, not a file`);
}
