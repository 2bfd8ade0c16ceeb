import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const FILES_ERRORS = {
  not_found: 'not_found',
  exists: 'conflict',
  held: 'conflict',
  no_permission: 'denied',
  not_private: 'precondition',
  not_regular: 'precondition',
  read_only: 'precondition',
  no_space: 'exhausted',
  too_large: 'exhausted',
  reader_gone: 'unavailable',
  io: 'unavailable',
} as const satisfies Record<string, ErrorKind>;

export type FilesErrorCode = keyof typeof FILES_ERRORS;

/** What the file system refused, or what lies there and shouldn't. The message names the path. */
export class FilesError extends VigoError<FilesErrorCode> {
  readonly path: string;

  constructor(code: FilesErrorCode, path: string, message: string, details?: ErrorDetails) {
    super('files', FILES_ERRORS[code], code, message, details);
    this.path = path;
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, [FilesErrorCode, what: string, hint?: string]>> = {
  ENOENT: ['not_found', 'there is no such file or folder'],
  EEXIST: ['exists', 'it exists already'],
  EACCES: ['no_permission', 'permission denied', 'run it as the user who owns the file'],
  EPERM: ['no_permission', 'operation not permitted', 'run it as the user who owns the file'],
  EROFS: [
    'read_only',
    'the file system is read-only',
    'mount it for writing; the kernel makes it read-only after errors, and its log says so',
  ],
  ENOSPC: ['no_space', 'no space left on the file system', 'free some space and try again'],
  EDQUOT: ['no_space', 'the disk quota is used up', 'free some space and try again'],
  EFBIG: ['no_space', "the file is larger than this process's limit"],
  ELOOP: ['not_regular', 'it is a symbolic link, or leads through a loop of them'],
  EBUSY: [
    'not_regular',
    'it is a mount point, or in use',
    'a mount point, like a bind-mounted file, is neither replaced nor removed: unmount it, or choose the path of its source',
  ],
  EISDIR: ['not_regular', 'it is a folder'],
  EPIPE: ['reader_gone', 'its reader went away'],
  ENOTDIR: ['not_regular', 'a part of the path is not a folder'],
};

/** What still refuses root. */
const HINTS_FOR_ROOT: Readonly<Record<string, string>> = {
  EPERM:
    'the file or its folder may be immutable (see it with lsattr -d, end it with chattr -i), or the file system keeps no modes and owners',
  EACCES:
    'a network file system or a security module (SELinux, AppArmor) may refuse it to root: see the log of the kernel',
};

/** Turns what a call of `node:fs` threw into a FilesError. `action` reads like "write" or "lock". */
export function filesError(action: string, path: string, cause: unknown): FilesError {
  if (cause instanceof FilesError) return cause;
  const errno = errnoOf(cause);
  const [code, what, hint] = SYSTEM_ERRORS[errno ?? ''] ?? ['io', errno ?? 'input/output failed'];
  const details = { cause, hint: isRoot() ? (HINTS_FOR_ROOT[errno ?? ''] ?? hint) : hint };
  return new FilesError(code, path, `can't ${action} ${path}: ${what}`, details);
}

function isRoot(): boolean {
  return process.geteuid?.() === 0;
}

/** The code of a system error, like `ENOENT`. */
export function errnoOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
