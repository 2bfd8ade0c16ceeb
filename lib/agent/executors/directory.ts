import { dirname } from 'node:path';
import { shellWord } from '../../base/index.js';
import {
  isOurs,
  makeFolder,
  removeEmptyDir,
  removeUnfinished,
  setAttributes,
  withAnchoredPath,
} from '../../files/index.js';
import type { ResolvedDirectory } from '../../policy/index.js';
import { AgentError } from '../errors.js';
import { hasAcl, isOpenToAcl, refusedMode } from './acl.js';
import type { Executor } from './executor.js';
import { type Found, inspect, verdictOn } from './inspect.js';
import { attributeChanges, ownershipOf } from './ownership.js';

/**
 * A folder; those above it are not made along. It is removed only when it is empty. A symbolic link that has its path
 * is refused, because following it would change a folder that nobody declared, and so is a file.
 */
export const directoryExecutor: Executor<ResolvedDirectory> = {
  check(directory) {
    return verdictOn(directory, async (found, _, above) => {
      demandFolder(directory, found);
      if (directory.ensure === 'absent') return found.kind === 'nothing' ? [] : ['removes it'];
      if (found.kind !== 'directory') return ['creates it'];
      return attributeChanges(found.stats, directory.mode, await ownershipOf(directory, found.stats, above.folder));
    });
  },

  async apply(directory) {
    await withAnchoredPath(directory.path, async (anchored, above) => {
      const found = await inspect(directory.path, anchored);
      demandFolder(directory, found);
      if (directory.ensure === 'absent') {
        if (found.kind === 'directory' && !(await removeEmptyDir(anchored))) {
          throw new AgentError('refused_resource', `${directory.path} isn't empty`, {
            hint: 'only an empty folder is removed',
          });
        }
        return;
      }
      const { path, mode } = directory;
      const current = found.kind === 'directory' ? found.stats : undefined;
      const owner = await ownershipOf(directory, current, above.folder);
      if (current !== undefined) {
        const isAnothers = !isOurs(current.uid) && current.uid !== owner.uid;
        const beforeHandover = async (opened: string) => {
          if (isAnothers && (await hasAcl(opened))) throw keepsAcl(path, current.uid);
        };
        return setAttributes(anchored, { mode, owner }, { above, beforeHandover });
      }
      await removeUnfinished(dirname(anchored)); // of a run that was killed here
      const beforeOpening = async (opened: string) => {
        const acl = await hasAcl(opened);
        if (acl) throw refusedMode(path, mode, above.foreign, acl);
      };
      await makeFolder(anchored, { mode, owner, ...(isOpenToAcl(above, mode) ? { beforeOpening } : {}) });
    });
  },
};

/** The new owner would not have it alone: an ACL stays, and lets in whom the old owner wanted, also in what is made there. */
function keepsAcl(path: string, uid: number): AgentError {
  return new AgentError('refused_resource', `${path} has an ACL, and belongs to user ${uid}, who may have set it`, {
    hint: `remove it with setfacl -b ${shellWord(path)}, or set the owner by hand`,
  });
}

function demandFolder(directory: ResolvedDirectory, found: Found): void {
  if (found.kind === 'nothing' || found.kind === 'directory') return;
  const what = found.kind === 'link' ? 'a symbolic link' : 'a file';
  throw new AgentError('refused_resource', `${directory.path} is ${what}, not a folder`);
}
