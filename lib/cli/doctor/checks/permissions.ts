import { existsSync } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Demand, type Exposure, findExposedAbove, findExposures } from '../../../files/index.js';
import type { Check } from '../check.js';
import { type Finding, fail, ok } from '../finding.js';
import type { Subject } from '../subject.js';

const ROOT = 0;

/** What others can read, change or exchange. Whoever writes in a folder decides what is in it. */
export const check: Check = {
  name: 'permissions',
  needsVault: true,
  async run(subject) {
    const { root } = subject.home;
    const owner = await ownerOf(subject);
    const exposed = new Map([...exposures(subject, owner)].map((exposure) => [exposure.problem, exposure]));
    const findings = [
      ...strangeUser(root, owner),
      ...[...exposed.values()].map(({ problem, hint }) => fail(problem, hint)),
    ];
    return findings.length > 0 ? findings : [ok(`nothing of ${root} is open to others than user ${owner}`)];
  },
};

/** The user whose vault it is. */
async function ownerOf({ home, layout }: Subject): Promise<number> {
  const { uid } = await lstat(existsSync(layout.secretsDir) ? layout.secretsDir : home.root);
  return uid;
}

/** Every verb refuses a master key of another user, root's too. */
function strangeUser(root: string, owner: number): Finding[] {
  const uid = process.geteuid?.();
  if (uid === undefined || uid === owner) return [];
  return [fail(`the vault of ${root} is user ${owner}'s, and this runs as user ${uid}`, 'run it as the owner')];
}

function* exposures({ home, layout, settings, places }: Subject, owner: number): Generator<Exposure> {
  const mine = [owner];
  const trusted = [...new Set([owner, ROOT])];
  const { databasePath, tls } = places;
  const moved = [layout.secretsDir, layout.keyFile, databasePath, ...Object.values(tls)].filter(
    (path) => !path.startsWith(`${home.root}/`),
  );
  for (const path of [home.root, ...moved]) yield* findExposedAbove(path, trusted);
  const demands: Demand[] = [
    { path: home.root, othersMay: 'read', owners: trusted },
    { path: settings?.name ?? home.settings, othersMay: 'read', owners: trusted },
    { path: home.stacks, othersMay: 'group writes', deep: true },
    { path: layout.secretsDir, othersMay: 'nothing', owners: mine, deep: true },
    { path: layout.keysDir, othersMay: 'nothing', owners: mine, deep: true },
    { path: dirname(home.database), othersMay: 'nothing', owners: mine, deep: true },
    ...['', '-wal', '-shm'].map((end): Demand => ({ path: databasePath + end, othersMay: 'nothing', owners: mine })),
    { path: home.run, othersMay: 'nothing', owners: mine, deep: true },
    { path: home.published, othersMay: 'nothing', owners: mine, deep: true },
    { path: home.live, othersMay: 'read', owners: mine },
    { path: home.tls, othersMay: 'read', owners: trusted },
    ...[tls.ca, tls.cert].map((path): Demand => ({ path, othersMay: 'read', owners: trusted })),
    ...[tls.caKey, tls.key].map((path): Demand => ({ path, othersMay: 'nothing', owners: trusted })),
  ];
  for (const path of [layout.verifierFile, layout.sentinelFile, layout.failuresFile]) {
    demands.push({ path, othersMay: 'nothing', owners: mine });
  }
  const keyLiesInside = layout.keyFile.startsWith(`${layout.secretsDir}/`);
  if (!keyLiesInside) demands.push({ path: layout.keyFile, othersMay: 'nothing', owners: mine });
  for (const demand of demands) yield* findExposures(demand);
}
