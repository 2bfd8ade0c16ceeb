import { writeFileSync, writeSync } from 'node:fs';

/** Node reads an underscore like a hyphen. */
const KEY_LOG = /--tls[-_]keylog/;

/**
 * Keeps the memory and the files of this process to itself as far as Node can; the first thing that a program does.
 *
 * - It is left out of a core dump (Linux, `core(5)`). Best effort: without a native addon a process can't make itself
 *   undumpable, so the unit file sets the core limit to 0 as well.
 * - A umask takes rights from others, none from the owner: with 0177 every new folder would be closed to its owner, too.
 * - Told to write the keys of its TLS connections to a file (`NODE_OPTIONS=--tls-keylog`), it ends before it has one.
 * - SIGUSR1 doesn't start Node's debugger, on whose port every user of the machine could read what is there.
 */
export function hardenProcess(): void {
  process.umask(process.umask(0o077) & 0o077);
  if ([process.env.NODE_OPTIONS ?? '', ...process.execArgv].some((option) => KEY_LOG.test(option))) {
    writeSync(
      2,
      'error: --tls-keylog would write the keys of every connection to a file\nhint: remove it from NODE_OPTIONS\n',
    );
    process.exit(1);
  }
  if (!process.listeners('SIGUSR1').includes(ignore)) process.on('SIGUSR1', ignore);
  try {
    writeFileSync('/proc/self/coredump_filter', '0x0');
  } catch {
    // Not Linux, or not allowed: the core limit has to do.
  }
}

function ignore(): void {}
