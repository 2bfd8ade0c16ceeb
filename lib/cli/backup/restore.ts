import { realpath } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { OpenedArchive } from '../../archive/index.js';
import { homePaths, systemClock, VigoError } from '../../base/index.js';
import type { Flags } from '../console/flags.js';
import { formatTime } from '../console/table.js';
import type { CommandContext } from '../host/context.js';
import { type Interruption, interruptibly } from './interruption.js';
import { readUnlocking } from './locking.js';
import { warnOfOtherPlaces } from './restored-places.js';
import { readInput } from './streams.js';

/** Makes a home of a backup, where there is none yet. */
export async function restoreBackup(context: CommandContext, source: string, flags: Flags): Promise<void> {
  await interruptibly((interruption) => restore(context, source, flags, interruption));
}

async function restore(
  context: CommandContext,
  source: string,
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const { note } = context;
  const home = await resolveHome(flags.text('home') ?? context.home.root);
  const [{ openArchive, restoreHome }, { demandRoom }] = await Promise.all([
    import('../../archive/index.js'),
    import('../../files/index.js'),
  ]);
  await demandRoom(home); // before anybody is asked for a passphrase
  const archive = await openArchive(interruption.guard(readInput(source, context)), readUnlocking(flags));
  interruption.arm();
  const { at, by, host } = archive.about;
  await restoreHome(archive, home, (draft) => record(context, archive, home, draft));
  note(`${home} is as it was on ${host} at ${formatTime(at)}, when ${by} made the backup`);
  note('not in it: what was enrolled, revoked, quarantined, renamed, stored or published since; do that again');
  note('enrollment tokens that nobody had used are withdrawn: somebody may have used them since');
  await warnOfOtherPlaces(context, home);
  await warnOfOtherHost(context, home);
  note('the vault is locked; next: vigocli secrets unlock, then vigosrv');
}

/** Machines reach a server that moved under its old name, or refuse it. */
async function warnOfOtherHost({ warn, note }: CommandContext, home: string): Promise<void> {
  const { readCertificate } = await import('../host/certificates.js');
  const { namesOtherHost, RENEW_FOR_THIS_HOST } = await import('../host/other-host.js');
  try {
    const message = await namesOtherHost(await readCertificate(join(home, 'tls', 'cert')));
    if (message === undefined) return;
    warn(message);
    note(RENEW_FOR_THIS_HOST);
  } catch (error) {
    if (!(error instanceof VigoError)) throw error; // no certificate is there, or none that the doctor calls one
  }
}

/**
 * Enters the restore into the restored log, in the one commit that lifts policy version and epoch above whatever agents
 * have seen since the backup. The home gets its name only after that, so the entry is there if and only if the home is.
 */
async function record(
  { openDatabase, actor }: CommandContext,
  { about }: OpenedArchive,
  home: string,
  draft: string,
): Promise<void> {
  const store = await openDatabase(homePaths(draft).database);
  const detail = { made_at: about.at, made_by: about.by, made_on: about.host };
  const entry = { action: 'backup.restored', actor, subject: home, outcome: 'done', detail } as const;
  const nowMs = systemClock.nowMs();
  await store.overtake({ policyVersion: nowMs, secretsEpoch: nowMs }, actor, entry);
  await store.close();
}

/** Where a link leads, so that the link stays; the folder itself may be missing. */
async function resolveHome(path: string): Promise<string> {
  const home = resolve(path);
  const found = await realpath(home).catch(() => undefined);
  if (found !== undefined) return found;
  const parent = await realpath(dirname(home)).catch(() => dirname(home));
  return join(parent, home.slice(dirname(home).length));
}
