import { writeFileSync } from 'node:fs';

/**
 * Tells the kernel to leave this process's memory out of a core dump (Linux, `core(5)`). Best effort: without a native
 * addon a process can't make itself undumpable, so the unit file sets the core limit to 0 as well.
 * @returns whether it is in force.
 */
export function excludeMemoryFromCoreDumps(): boolean {
  try {
    writeFileSync('/proc/self/coredump_filter', '0x0');
    return true;
  } catch {
    return false;
  }
}
