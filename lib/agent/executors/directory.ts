import { ensureDir, removeEmptyDir, setAttributes, withAnchoredPath } from '../../files/index.js';
import type { ResolvedDirectory } from '../../policy/index.js';
import { AgentError } from '../errors.js';
import type { Executor } from './executor.js';
import { type Found, inspect, verdictOn } from './inspect.js';
import { attributeChanges, ownershipOf } from './ownership.js';

/**
 * A folder; those above it are not made along. It is removed only when it is empty. A symbolic link that has its path
 * is refused, because following it would change a folder that nobody declared, and so is a file.
 */
export const directoryExecutor: Executor<ResolvedDirectory> = {
  check(directory) {
    return verdictOn(directory, async (found) => {
      demandFolder(directory, found);
      if (directory.ensure === 'absent') return found.kind === 'nothing' ? [] : ['removes it'];
      if (found.kind !== 'directory') return ['creates it'];
      return attributeChanges(found.stats, directory.mode, await ownershipOf(directory, found.stats));
    });
  },

  async apply(directory) {
    await withAnchoredPath(directory.path, async (anchored) => {
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
      const current = found.kind === 'directory' ? found.stats : undefined;
      const owner = await ownershipOf(directory, current);
      if (current === undefined) await ensureDir(anchored, directory.mode & 0o700);
      await setAttributes(anchored, { mode: directory.mode, owner });
    });
  },
};

function demandFolder(directory: ResolvedDirectory, found: Found): void {
  if (found.kind === 'nothing' || found.kind === 'directory') return;
  const what = found.kind === 'link' ? 'a symbolic link' : 'a file';
  throw new AgentError('refused_resource', `${directory.path} is ${what}, not a folder`);
}
