import { existsSync } from 'node:fs';
import { readlink } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { makeGuard } from '../../../guard/index.js';
import { plural } from '../../console/plural.js';
import type { Check } from '../check.js';
import { type Finding, fail, ok, warn } from '../finding.js';
import type { Subject } from '../subject.js';

/** Whether every ref of the live config resolves, by the way that the server goes. */
export const check: Check = {
  name: 'refs',
  needsVault: true,
  async run(subject) {
    const { home } = subject;
    const live = await (await subject.store()).currentPublication();
    if (live === undefined) return [ok('no config is published yet')];
    const { examineStacks, formatPosition, loadTree, refPlaces } = await import('../../../policy/index.js');
    const { openSecretReader } = await import('../../../vault/index.js');
    const tree = await loadTree(home.published, live.digest);
    const findings = await checkLink(subject, live.digest);
    const secrets = await openSecretReader(subject.layout);
    try {
      const seenVersions = await subject.seenVersions();
      // Refuses what no envoy may ever resolve, too.
      const guard = makeGuard([home.root]);
      const { stacks, problems } = await examineStacks(tree, { guard, secrets: { secrets, seenVersions } });
      findings.push(...problems.map((problem) => fail(`${formatPosition(problem)}: ${problem.message}`, problem.hint)));
      if (problems.length > 0) return findings;
      return [...findings, ok(`${plural(refPlaces(stacks).size, 'ref')} of the live config: every one resolves`)];
    } finally {
      secrets.dispose();
    }
  },
};

/** The link is for people; what is live stands in the database. */
async function checkLink({ home }: Subject, digest: string): Promise<Finding[]> {
  const target = existsSync(home.live) ? await readlink(home.live).catch(() => undefined) : undefined;
  if (target === join(basename(home.published), digest)) return [];
  return [warn(`${home.live} does not lead to the live config ${digest}`, 'the start of vigosrv mends it')];
}
