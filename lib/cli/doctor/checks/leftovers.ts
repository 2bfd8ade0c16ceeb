import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shellWord } from '../../../base/index.js';
import { type Draft, findAbandonedScratch, findDrafts, findLeftovers, processLockOwner } from '../../../files/index.js';
import { snapshotFolder } from '../../../vault/index.js';
import type { Check } from '../check.js';
import { type Finding, ok, warn } from '../finding.js';
import type { Subject } from '../subject.js';

/** Writing a file takes milliseconds, publishing a tree seconds. */
const WRITER_MS = 60_000;
/** Somebody may leave an editor open for long. */
const EDITOR_MS = 86_400_000;

/** What a crash left, beside the home too. It may hold what nobody will ever rotate. */
export const check: Check = {
  name: 'leftovers',
  needsVault: true,
  async run(subject) {
    const nowMs = subject.clock.nowMs();
    const findings = [
      ...foldersOf(subject)
        .flatMap((folder) => findLeftovers(folder, nowMs - WRITER_MS))
        .map(unfinished),
      ...(await findDrafts(subject.home.root)).filter(({ is }) => is !== 'alive').map(halfHome),
      ...(await forgottenSnapshot(subject)),
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
  return warn(`${path} was never finished`, `a crash left it: rm -r ${shellWord(path)}`);
}

function halfHome({ path, is, pid }: Draft): Finding {
  const whose =
    is === 'dead' ? 'a restore that was killed left it' : `process ${pid} of another container left it or fills it`;
  return warn(`${path} holds a master key: ${whose}`, `unless a restore is running: rm -r ${shellWord(path)}`);
}

/** What a backup at work needs, and one that was killed leaves: files of secrets, also of those that were purged since. */
async function forgottenSnapshot({ home, layout }: Subject): Promise<Finding[]> {
  const folder = snapshotFolder(layout);
  const isThere = existsSync(folder);
  const backup = isThere && existsSync(home.run) ? await processLockOwner(join(home.run, 'backup.lock')) : undefined;
  if (!isThere || backup !== undefined) return [];
  return [
    warn(
      `${folder} was left by a backup that was killed`,
      `the next backup removes it, or: rm -r ${shellWord(folder)}`,
    ),
  ];
}

function abandoned(path: string): Finding {
  return warn(
    `${path} may hold a secret in the clear`,
    `unless vigocli secrets edit is running: rm -r ${shellWord(path)}`,
  );
}
