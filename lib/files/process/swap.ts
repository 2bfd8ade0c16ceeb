import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Where the kernel may write memory to. */
export interface SwapArea {
  /** The device or the file. */
  readonly path: string;
  /** `unknown` where nothing says that what is below it is encrypted. */
  readonly lies: 'in memory' | 'on an encrypted device' | 'unknown';
}

/** Every swap area in use, none where there is no swap; undefined where that can't be seen. */
export function readSwap(
  roots: { proc: string; sys: string } = { proc: '/proc', sys: '/sys' },
): SwapArea[] | undefined {
  try {
    const [, ...lines] = readFileSync(join(roots.proc, 'swaps'), 'utf8').trimEnd().split('\n');
    // The kernel writes a space in a name as \040.
    const names = lines.map((line) => (line.split(/\s/)[0] ?? '').replaceAll('\\040', ' '));
    return names.map((path) => ({ path, lies: whereLies(path, roots.sys) }));
  } catch {
    return undefined;
  }
}

function whereLies(path: string, sys: string): SwapArea['lies'] {
  if (/^\/dev\/zram[0-9]+$/.test(path)) return 'in memory';
  try {
    const device = path.startsWith('/dev/') ? join(sys, 'class/block', basename(realpathSync(path))) : below(path, sys);
    return isEncrypted(device) ? 'on an encrypted device' : 'unknown';
  } catch {
    return 'unknown';
  }
}

/** The device with the file system that a swap file lies on. */
function below(path: string, sys: string): string {
  const { dev } = statSync(path);
  // Linux: 12 bits of major, and 8 below and 12 above them of minor.
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  return join(sys, 'dev/block', `${major}:${minor}`);
}

/** Whether it is a dm-crypt device, or made of nothing but those: LVM and RAID name what they are made of. */
function isEncrypted(device: string): boolean {
  if (readIfThere(join(device, 'dm/uuid'))?.startsWith('CRYPT-')) return true;
  const slaves = readdirSync(join(device, 'slaves'));
  return slaves.length > 0 && slaves.every((name) => isEncrypted(join(device, 'slaves', name)));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
