import { VigoError } from '../../base/index.js';
import { FilesError, freeSpace } from '../../files/index.js';

/**
 * Says how to save a home that can't be written to: a backup is recorded in the home's own log before anything is
 * copied (A1), so that one of a full or read-only disk is made of a copy, whose log then records it.
 * @returns undefined for every other error
 */
export function saveUnwritableHome(error: unknown, root: string): VigoError | undefined {
  if (!(error instanceof VigoError) || !causesOf(error).some((cause) => isUnwritable(cause, root))) return undefined;
  const { room, kind, code, message } = error;
  return new VigoError(room, kind, code, message, {
    cause: error,
    hint: `to save what is there, stop vigosrv and back up a copy: cp -a ${root} /dev/shm/copy, then VIGO_HOME=/dev/shm/copy vigocli backup <file>`,
  });
}

function causesOf(error: unknown): unknown[] {
  return error instanceof Error ? [error, ...causesOf(error.cause)] : [];
}

function isUnwritable(cause: unknown, root: string): boolean {
  if (cause instanceof FilesError) {
    return (cause.code === 'read_only' || cause.code === 'no_space') && cause.path.startsWith(`${root}/`);
  }
  if (!(cause instanceof VigoError) || cause.room !== 'store') return false;
  return cause.code === 'full' || (cause.code === 'unavailable' && freeSpace(root).readOnly);
}
