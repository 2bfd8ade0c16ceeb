import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import type { StacksTree } from '../../policy/index.js';

const TIMEOUT_MS = 10_000;
const MAX_OUTPUT_BYTES = 16 * 1024 * 1024;

/** Reads nothing but the repository, and runs nothing that its settings name. */
const SETTINGS = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', 'core.pager=cat'];
const ENVIRONMENT = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_TERMINAL_PROMPT: '0',
  GIT_NO_REPLACE_OBJECTS: '1',
  // An object that is missing in a partial clone would be fetched, by a command that the repository chooses.
  GIT_NO_LAZY_FETCH: '1',
  GIT_ALLOW_PROTOCOL: 'none',
  LC_ALL: 'C',
};

/**
 * Finds the git commit that a folder is a clean checkout of: every `.vgo` file of the tree is in it, byte for byte, and it
 * has no other one there. What else lies in the folder doesn't count.
 *
 * A repository can name programs that git runs. So git is asked for names of objects only, which takes no filter, no
 * hook and no index, it runs as the owner of the folder, and refuses by itself a repository of somebody else.
 * @param tree what was read from the folder
 * @returns undefined where there is no such commit, no repository or no git
 */
export async function gitCommitOf(dir: string, tree: StacksTree): Promise<string | undefined> {
  const owner = await stat(dir).catch(() => undefined);
  if (owner === undefined) return undefined;
  const commit = (await git(dir, owner, ['rev-parse', '--verify', 'HEAD']))?.toString('latin1').trim();
  if (commit === undefined || !/^([0-9a-f]{40}|[0-9a-f]{64})$/.test(commit)) return undefined;
  const listing = await git(dir, owner, ['ls-tree', '-r', '-z', commit]);
  if (listing === undefined) return undefined;
  const committed = vgoFiles(listing.toString('utf8'));
  const algorithm = commit.length === 40 ? 'sha1' : 'sha256';
  const isClean =
    committed.size === tree.size &&
    [...tree].every(([path, bytes]) => committed.get(path) === blobId(bytes, algorithm));
  return isClean ? commit : undefined;
}

/** The blobs of a listing that publishing would read, by path. */
function vgoFiles(listing: string): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  for (const line of listing.split('\0')) {
    const [, id, path] = /^\d+ blob ([0-9a-f]+)\t(.+)$/s.exec(line) ?? [];
    if (id === undefined || path === undefined || !path.endsWith('.vgo')) continue;
    if (!path.split('/').some((name) => name.startsWith('.'))) files.set(path, id);
  }
  return files;
}

/** How git names a file's content. Nothing is trusted because of it: an operator reads it. */
function blobId(bytes: Uint8Array, algorithm: 'sha1' | 'sha256'): string {
  return createHash(algorithm).update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}

/** @returns what git prints; undefined where it fails, prints too much or takes too long */
function git(
  cwd: string,
  { uid, gid }: { readonly uid: number; readonly gid: number },
  args: readonly string[],
): Promise<Buffer | undefined> {
  const asOwner = process.geteuid?.() === 0 ? { uid, gid } : {};
  return new Promise((resolve) => {
    const child = spawn('git', ['--no-pager', ...SETTINGS, ...args], {
      cwd,
      ...asOwner,
      env: { ...ENVIRONMENT, PATH: process.env.PATH ?? '/usr/bin:/bin' },
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    });
    const chunks: Buffer[] = [];
    let bytes = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_OUTPUT_BYTES) child.kill('SIGKILL');
      else chunks.push(chunk);
    });
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code === 0 ? Buffer.concat(chunks) : undefined));
  });
}
