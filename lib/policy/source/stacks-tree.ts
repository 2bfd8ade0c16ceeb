import { opendir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { encodeCanonical, toHex } from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';
import {
  ensureDir,
  moveFile,
  readFileLimited,
  removeTree,
  syncDir,
  temporaryPath,
  writeFileAtomic,
} from '../../files/index.js';
import { PolicyError } from '../errors.js';

const MAX_FILES = 10_000;
const MAX_FILE_BYTES = 1024 * 1024;
const MAX_TREE_BYTES = 64 * 1024 * 1024;

/** The `.vgo` files of a tree by their path below it. */
export type StacksTree = ReadonlyMap<string, Uint8Array>;

/**
 * Reads every `.vgo` file below a folder. Other files and dotted names are the operator's own and are left alone.
 * @throws PolicyError `missing_folder`, `misplaced` for a symbolic link, `too_large` for a tree that no fleet needs.
 */
export async function readStacksTree(dir: string): Promise<StacksTree> {
  const tree = new Map<string, Uint8Array>();
  let bytes = 0;
  const walk = async (below: string): Promise<void> => {
    for await (const entry of await openFolder(join(dir, below))) {
      if (entry.name.startsWith('.')) continue;
      const path = join(below, entry.name);
      if (entry.isDirectory()) {
        await walk(path);
      } else if (entry.name.endsWith('.vgo')) {
        if (!entry.isFile()) {
          throw new PolicyError('misplaced', `${join(dir, path)} is not a regular file`, {
            hint: 'a link could lead out of the stacks: put the file itself there',
          });
        }
        const content = await readFileLimited(join(dir, path), MAX_FILE_BYTES);
        bytes += content.length;
        tree.set(path, content);
        if (tree.size > MAX_FILES || bytes > MAX_TREE_BYTES) {
          throw new PolicyError('too_large', `${dir} has more than ${MAX_FILES} files or ${MAX_TREE_BYTES} bytes`);
        }
      }
    }
  };
  await walk('');
  return new Map([...tree].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** SHA-256 over every path and content, in hexadecimal: the name of a published tree. */
export async function treeDigest(tree: StacksTree): Promise<string> {
  const sha256 = await loadSha256();
  return toHex(sha256.digest(encodeCanonical('vigo/stacks/v1', ...[...tree].flat())));
}

/** Writes a tree below `published`, whole or not at all, in a folder named by its digest. */
export async function storeTree(published: string, digest: string, tree: StacksTree): Promise<void> {
  const target = join(published, digest);
  const draft = temporaryPath(published);
  await ensureDir(published, 0o700);
  await ensureDir(draft, 0o700);
  try {
    for (const [path, content] of tree) {
      await ensureDir(dirname(join(draft, path)), 0o700);
      await writeFileAtomic(join(draft, path), content, { mode: 0o600 });
    }
    await removeTree(target);
    await moveFile(draft, target);
    await syncDir(published);
  } finally {
    await removeTree(draft);
  }
}

/**
 * Reads a published tree back.
 * @throws PolicyError `missing_publication` where it isn't what was published.
 */
export async function loadTree(published: string, digest: string): Promise<StacksTree> {
  const dir = join(published, digest);
  const tree = await readStacksTree(dir);
  if ((await treeDigest(tree)) !== digest) {
    throw new PolicyError('missing_publication', `${dir} is not the config that was published under that name`, {
      hint: 'somebody changed it: publish the stacks again, or restore the folder from a backup',
    });
  }
  return tree;
}

async function openFolder(dir: string) {
  try {
    return await opendir(dir);
  } catch (cause) {
    throw new PolicyError('missing_folder', `there is no folder ${dir} to read the config from`, {
      hint: 'make it, with envoys.vgo and one .vgo file per configcrate in it',
      cause,
    });
  }
}
