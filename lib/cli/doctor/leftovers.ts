import { findAbandonedScratch, findLeftovers } from '../../files/index.js';
import type { Check } from './check.js';
import { type Finding, ok, warn } from './finding.js';
import type { Subject } from './subject.js';

/** Writing a file takes milliseconds, publishing a tree seconds. */
const WRITER_MS = 60_000;
/** Somebody may leave an editor open for long. */
const EDITOR_MS = 86_400_000;

/** Temporary files that a crash left. They may hold what nobody will ever rotate. */
export const check: Check = {
  name: 'leftovers',
  needsVault: true,
  async run(subject) {
    const nowMs = subject.clock.nowMs();
    const findings = [
      ...foldersOf(subject)
        .flatMap((folder) => findLeftovers(folder, nowMs - WRITER_MS))
        .map(unfinished),
      ...findAbandonedScratch(nowMs - EDITOR_MS).map(abandoned),
    ];
    return findings.length > 0 ? findings : [ok('no temporary files of a program that crashed')];
  },
};

/** The home, and what was moved out of it. */
function foldersOf({ home, layout: { secretsDir } }: Subject): string[] {
  return secretsDir.startsWith(`${home.root}/`) ? [home.root] : [home.root, secretsDir];
}

function unfinished(path: string): Finding {
  return warn(`${path} was never finished`, `a crash left it: rm -r ${path}`);
}

function abandoned(path: string): Finding {
  return warn(`${path} may hold a secret in the clear`, `unless vigocli secrets edit is running: rm -r ${path}`);
}
