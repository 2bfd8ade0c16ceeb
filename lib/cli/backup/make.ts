import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Locking } from '../../archive/index.js';
import { shellWord, systemClock, toHex } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import type { ProcessLock } from '../../files/index.js';
import { version } from '../../version.js';
import type { Flags } from '../console/flags.js';
import { Progress } from '../console/progress.js';
import { acquirePkiLock } from '../host/certificates.js';
import type { CommandContext } from '../host/context.js';
import { type Interruption, interruptibly } from './interruption.js';
import { readLocking } from './locking.js';
import { nameRecipient, seenListVersion } from './recipients.js';
import { STANDARD_STREAM, writeToStdout } from './streams.js';
import { demandTarget } from './target.js';
import { saveUnwritableHome } from './unwritable-home.js';

/**
 * Copies the whole home into an archive, at the path or to stdout. Vault and database are of one moment, which comes
 * first, and keys and certificates of one state, which nobody replaces in between; what is copied as it is found comes after it, so that every config that the database knows is there.
 */
export async function makeBackup(context: CommandContext, target: string, flags: Flags): Promise<void> {
  const { secretsDir, keyFile, databasePath } = await context.places();
  const kept = [context.home.root, secretsDir, keyFile, databasePath];
  await demandTarget(target, { kept, force: flags.is('force') });
  const { demandWhatServerUses } = await import('./outside.js');
  await demandWhatServerUses(context);
  try {
    await interruptibly((interruption) => backUp(context, target, flags, interruption));
  } catch (error) {
    throw saveUnwritableHome(error, context.home.root) ?? error;
  }
}

async function backUp(
  context: CommandContext,
  target: string,
  flags: Flags,
  interruption: Interruption,
): Promise<void> {
  const [{ homeEntries, openTls, writeArchive }, { acquireProcessLock, ensureDir }, { pinDatabase }] =
    await Promise.all([
      import('../../archive/index.js'),
      import('../../files/index.js'),
      import('../../store/index.js'),
    ]);
  const { home, actor, note, warn } = context;
  const vault = await context.vault();
  const store = await context.store(); // where there is none, nothing of a lock is left behind
  await ensureDir(home.run, 0o700);
  const lock = await acquireProcessLock(join(home.run, 'backup.lock'));
  let pkiLock: ProcessLock | undefined;
  // A passphrase is asked for only when the vault is found unlocked.
  let locking: Locking | undefined = flags.is('recipient') ? await readLocking(flags) : undefined;
  let pinned: Awaited<ReturnType<typeof pinDatabase>> | undefined;
  const progress = new Progress(context);
  let [entries, bytes] = [0, 0];
  try {
    await vault.backup({
      subject: target === STANDARD_STREAM ? 'stdout' : resolve(target),
      recipient:
        locking?.kind === 'recipient'
          ? { ...nameRecipient(locking.recipient), seen: await seenListVersion(store) }
          : undefined,
      async prepare() {
        locking ??= await readLocking(flags);
        interruption.arm();
        pkiLock = await acquirePkiLock(home);
        return locking.kind === 'passphrase' ? { for: 'passphrase' } : { for: toHex(locking.recipient.id) };
      },
      async pin() {
        pinned = await pinDatabase((await context.places()).databasePath);
      },
      async copy({ files, folder }) {
        if (locking === undefined || pinned === undefined || pkiLock === undefined)
          throw new TypeError('nothing was prepared');
        const { root } = home;
        const onLeftOut = (path: string, why: string) => warn(`left out ${path}: ${why}`);
        const tls = await openTls({ root, onLeftOut });
        // What follows may wait for a slow reader, and a stolen key for nobody.
        await pkiLock.release();
        pkiLock = undefined;
        const database = join(folder, 'database');
        await pinned.copyTo(database);
        const content = {
          ...{ root, tls, onLeftOut },
          frozen: [...files, { path: 'db/vigo.db', from: database }],
          live: pinned.live,
        };
        const counted = counting(homeEntries(content), () =>
          progress.update(++entries, Math.max(entries, files.length)),
        );
        const about = { at: systemClock.nowMs(), by: actor, host: hostname(), vigo: version };
        const pieces = counting(writeArchive(about, counted, locking), ({ length }) => {
          bytes += length;
        });
        await write(target, pieces, { force: flags.is('force'), interruption });
      },
    });
  } finally {
    progress.end();
    pinned?.close();
    await pkiLock?.release();
    if (locking?.kind === 'passphrase') wipe(locking.passphrase);
    await lock.release();
  }
  if (target !== STANDARD_STREAM) note(`${target}: ${entries} files and folders in ${bytes} bytes (0600)`);
  note('it holds the master key: whoever opens it has every secret');
  if (target !== STANDARD_STREAM) note(`next: vigocli backup verify ${shellWord(target)}`);
}

async function write(
  target: string,
  pieces: AsyncIterable<Uint8Array>,
  { force, interruption }: { force: boolean; interruption: Interruption },
): Promise<void> {
  if (target === STANDARD_STREAM) return interruption.race(writeToStdout(pieces));
  const { createFileExclusive, writeFileAtomic } = await import('../../files/index.js');
  await (force ? writeFileAtomic : createFileExclusive)(target, interruption.guard(pieces), {
    mode: 0o600,
    abroad: true,
  });
}

async function* counting<T>(values: AsyncIterable<T>, count: (value: T) => void): AsyncGenerator<T> {
  for await (const value of values) {
    count(value);
    yield value;
  }
}
