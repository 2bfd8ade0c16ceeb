import { writeFileSync } from 'node:fs';

/**
 * Keeps the memory and the files of this process to itself as far as Node can; the first thing that a program does.
 *
 * - It is left out of a core dump (Linux, `core(5)`). Best effort: without a native addon a process can't make itself
 *   undumpable, so the unit file sets the core limit to 0 as well.
 * - A umask takes rights from others, none from the owner: with 0177 every new folder would be closed to its owner, too.
 * - SIGUSR1 doesn't start Node's debugger, on whose port every user of the machine could read what is there.
 */
export function hardenProcess(): void {
  process.umask(process.umask(0o077) & 0o077);
  if (!process.listeners('SIGUSR1').includes(ignore)) process.on('SIGUSR1', ignore);
  try {
    writeFileSync('/proc/self/coredump_filter', '0x0');
  } catch {
    // Not Linux, or not allowed: the core limit has to do.
  }
}

function ignore(): void {}
