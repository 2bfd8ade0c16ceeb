import { arch, hostname, platform, release, version } from 'node:os';
import { MARKER_END, MARKER_START } from '../../base/index.js';
import { readCoreDumps } from '../../files/index.js';
import { MAX_TRAIT_BYTES, type Traits } from '../../wire/index.js';

/** What this machine says about itself, for operators to read. Nothing is granted by it (D0). */
export function collectTraits(): Traits {
  const { limit, filter } = readCoreDumps('self');
  return new Map(
    Object.entries({
      arch: arch(),
      // Whether a core dump of this process could hold a key: 0x0 is none of its memory, a limit of 0 no dump at all.
      'core.filter': filter === undefined ? 'unknown' : `0x${filter.toString(16)}`,
      'core.limit': limit ?? 'unknown',
      hostname: hostname(),
      kernel: release(),
      'kernel.version': version(),
      node: process.versions.node,
      os: platform(),
    }).filter(([name, value]) => isSendable(name, value)),
  );
}

/** One odd trait must not keep a machine from checking in: the server refuses a check-in that holds marker text. */
function isSendable(name: string, value: string): boolean {
  return name.length + value.length <= MAX_TRAIT_BYTES && !value.includes(MARKER_START) && !value.includes(MARKER_END);
}
