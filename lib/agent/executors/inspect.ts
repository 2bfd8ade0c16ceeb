import type { Stats } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { errnoOf, FilesError, type FoldersAbove, filesError, withAnchoredPath } from '../../files/index.js';
import { AgentError } from '../errors.js';
import type { Verdict } from './executor.js';

/** What has a path on this machine. */
export type Found =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'link' }
  | { readonly kind: 'file'; readonly stats: Stats }
  | { readonly kind: 'directory'; readonly stats: Stats };

/** @throws AgentError `refused_resource` for a device, a socket or a pipe. */
export async function inspect(path: string, anchored: string): Promise<Found> {
  const stats = await lstat(anchored).catch((cause) => {
    if (errnoOf(cause) === 'ENOENT') return undefined;
    throw filesError('look at', path, cause);
  });
  if (stats === undefined) return { kind: 'nothing' };
  if (stats.isSymbolicLink()) return { kind: 'link' };
  if (stats.isFile()) return { kind: 'file', stats };
  if (stats.isDirectory()) return { kind: 'directory', stats };
  throw new AgentError('refused_resource', `${path} is a device, a socket or a pipe`);
}

/**
 * The verdict on a path from the list of what differs there. A folder that is missing above it counts as a missing
 * file: a resource before this one may be about to make it.
 */
export async function verdictOn(
  { path, ensure }: { readonly path: string; readonly ensure: 'present' | 'absent' },
  differences: (found: Found, anchored: string, above: FoldersAbove) => Promise<readonly string[]>,
): Promise<Verdict> {
  try {
    const changes = await withAnchoredPath(path, async (anchored, above) =>
      differences(await inspect(path, anchored), anchored, above),
    );
    return changes.length === 0 ? 'ok' : { change: changes.join(', ') };
  } catch (cause) {
    if (!(cause instanceof FilesError && cause.code === 'not_found')) throw cause;
    return ensure === 'absent' ? 'ok' : { change: 'creates it' };
  }
}
