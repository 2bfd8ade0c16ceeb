import { posix } from 'node:path';

const ROOTS: ReadonlySet<string> = new Set(
  '/ /bin /boot /dev /etc /home /lib /lib64 /opt /proc /root /run /sbin /srv /sys /usr /var'.split(' '),
);

/** Whether a path, or a pattern such as `/etc/*`, stands for a whole tree that a system can't do without. */
export function isSystemRoot(path: string): boolean {
  const folder = path.replace(/\/(\*|\.\*)$/, '/');
  return folder.startsWith('/') && ROOTS.has(posix.resolve(folder));
}
