import { chmod, type FileHandle, link, open, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { errnoOf, filesError } from '../errors.js';
import { temporaryPath } from '../temporary-name.js';

/**
 * A socket in a folder that answers as long as this process lives. The kernel closes it with the process, however that
 * ends, and finds it by its file: from another container, too, where process ids mean something else.
 */
export interface LockSocket {
  /** Gives the socket its name. @returns false where the name is taken */
  claim(path: string): Promise<boolean>;
  /** Stops answering. The file stays. */
  close(): void;
}

/** Opens one under a temporary name. @throws NodeJS.ErrnoException where the file system or a sandbox has no sockets */
export async function openLockSocket(folder: string): Promise<LockSocket> {
  const temporary = temporaryPath(folder);
  const server = createServer((connection) => connection.on('error', () => {}).destroy());
  await viaShortPath(temporary, (short) => listen(server, short));
  server.on('error', () => {}); // a connection that couldn't be accepted was answered all the same
  server.unref();
  try {
    await chmod(temporary, 0o600); // whatever the umask
  } catch (cause) {
    server.close();
    throw cause;
  }
  return {
    async claim(path) {
      try {
        await link(temporary, path);
        return true;
      } catch (cause) {
        if (errnoOf(cause) === 'EEXIST') return false;
        throw filesError('lock', path, cause);
      } finally {
        await unlink(temporary).catch(() => {});
      }
    },
    close: () => server.close(),
  };
}

/** Whether the process that made the socket lives, stopped or not. False where the file is missing. @throws FilesError */
export async function isAnswered(path: string): Promise<boolean> {
  try {
    await viaShortPath(path, tryConnect);
    return true;
  } catch (cause) {
    const errno = errnoOf(cause);
    if (errno === 'EAGAIN') return true; // it lives, and has more connections waiting than it can hold
    if (errno === 'ECONNREFUSED' || errno === 'ENOENT') return false;
    throw filesError('look at the lock', path, cause);
  }
}

function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen({ path }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

function tryConnect(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}

/** unix(7): the path of a socket has 107 bytes at most, and a folder may have a longer one. */
async function viaShortPath(path: string, act: (short: string) => Promise<void>): Promise<void> {
  const folder: FileHandle = await open(dirname(path), 'r');
  try {
    await act(`/proc/self/fd/${folder.fd}/${basename(path)}`);
  } finally {
    await folder.close();
  }
}
