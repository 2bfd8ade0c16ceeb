import type { Stats } from 'node:fs';
import { dirname } from 'node:path';
import { constantTimeEqual, wipe } from '../../crypto/index.js';
import {
  readFileLimited,
  removeFile,
  removeUnfinished,
  setAttributes,
  withAnchoredPath,
  writeFileAtomic,
} from '../../files/index.js';
import type { ResolvedFile } from '../../policy/index.js';
import { AgentError } from '../errors.js';
import type { Executor } from './executor.js';
import { type Found, inspect, verdictOn } from './inspect.js';
import { attributeChanges, type Ownership, ownershipOf } from './ownership.js';

type PresentFile = Extract<ResolvedFile, { ensure: 'present' }>;

/**
 * A regular file. Its content is replaced as a whole, atomically, and never has a wider mode or another owner than
 * declared, not for an instant. A symbolic link that has its path is replaced or removed itself and never followed;
 * where no content is declared there is nothing to replace it by, and it is refused. So is a folder.
 */
export const fileExecutor: Executor<ResolvedFile> = {
  check(file) {
    return verdictOn(file, async (found, anchored) => {
      if (file.ensure === 'present') return changesOf(file, found, anchored);
      if (found.kind === 'directory') throw refusedFolder(file);
      return found.kind === 'nothing' ? [] : ['removes it'];
    });
  },

  async apply(file) {
    await withAnchoredPath(file.path, async (anchored) => {
      const found = await inspect(file.path, anchored);
      if (found.kind === 'directory') throw refusedFolder(file);
      if (file.ensure === 'absent') {
        if (found.kind !== 'nothing') await removeFile(anchored);
        return;
      }
      // A run that was killed here left what it had written of the content; this one is the only one (the run lock).
      await removeUnfinished(dirname(anchored));
      const options = { mode: file.mode, owner: await ownerOf(file, statsOf(found)) };
      if (file.content !== undefined) await writeFileAtomic(anchored, file.content.expose(), options);
      else if (found.kind === 'nothing') await writeFileAtomic(anchored, new Uint8Array(), options);
      else await setAttributes(anchored, options);
    });
  },
};

async function changesOf(file: PresentFile, found: Found, anchored: string): Promise<readonly string[]> {
  if (found.kind === 'nothing') return ['creates it'];
  if (found.kind === 'link') {
    if (file.content !== undefined) return ['replaces a symbolic link'];
    throw new AgentError('refused_resource', `${file.path} is a symbolic link`, {
      hint: 'declare the content as well, or the file that it leads to',
    });
  }
  if (found.kind === 'directory') throw refusedFolder(file);
  const changes = attributeChanges(found.stats, file.mode, await ownerOf(file, found.stats));
  if (file.content !== undefined && !(await holds(anchored, found.stats, file.content.expose()))) {
    changes.unshift('content differs');
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

/** What has the path may be somebody else's, put there beforehand to be given the secret: that one isn't kept. */
function ownerOf(file: PresentFile, current: Stats | undefined): Promise<Ownership> {
  return ownershipOf(file, file.confidential ? undefined : current);
}

function statsOf(found: Found): Stats | undefined {
  return found.kind === 'file' ? found.stats : undefined;
}

function refusedFolder(file: ResolvedFile): AgentError {
  return new AgentError('refused_resource', `${file.path} is a folder, not a file`);
}
