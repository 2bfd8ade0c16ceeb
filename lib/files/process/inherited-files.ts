import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** open(2), in octal as /proc shows it: the descriptor isn't passed on to a program that is started. */
const O_CLOEXEC = 0o2000000;
const FIRST_AFTER_STDERR = 3;

/**
 * Closes the files that whoever started this process left open, so that no program that is started from here inherits
 * one. Node marks what it opens itself, and of what it inherits only the low descriptors up to a gap. Linux alone;
 * called before this process uses a descriptor that it was given.
 */
export function closeInheritedFiles(): void {
  for (const descriptor of openDescriptors()) {
    if (descriptor < FIRST_AFTER_STDERR || !isPassedOn(descriptor)) continue;
    try {
      closeSync(descriptor);
    } catch {
      // It was the one that /proc was read through.
    }
  }
}

function openDescriptors(): number[] {
  try {
    return readdirSync('/proc/self/fd').map(Number);
  } catch {
    return []; // no /proc
  }
}

function isPassedOn(descriptor: number): boolean {
  try {
    const [, flags] = /^flags:\s*([0-7]+)$/m.exec(readFileSync(`/proc/self/fdinfo/${descriptor}`, 'utf8')) ?? [];
    return flags !== undefined && (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    return false; // closed meanwhile
  }
}
