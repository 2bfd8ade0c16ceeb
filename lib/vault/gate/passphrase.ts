import {
  ByteReader,
  type Clock,
  concatBytes,
  equalBytes,
  formatDuration,
  u32,
  u64,
  utf8,
  VigoError,
} from '../../base/index.js';
import { constantTimeEqual } from '../../crypto/index.js';
import { FilesError, readFileLimited, removeFile, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';
import type { VaultLayout } from '../format/layout.js';
import { noVerifier } from './missing-key.js';
import {
  decodeVerifier,
  encodeVerifier,
  readVerifierFile,
  replaceVerifierFile,
  strongerVerifier,
  type Verifier,
  verifyPassphrase,
} from './verifier.js';

const MAGIC = utf8('VGF1');
const FILE_BYTES = MAGIC.length + 4 + 8;

/** So many slips of the finger cost nothing; each one after them doubles the wait. */
const FREE_FAILURES = 3;
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 300_000;

/** Wrong passphrases in a row: `"VGF1" | count u32 | time of the last ms u64`. */
export interface Failures {
  readonly count: number;
  readonly lastMs: number;
}

/**
 * Checks a passphrase against the verifier, slower with each wrong one. The caller holds the vault's lock, so that
 * guesses made side by side wait for each other; and a guess counts before it is checked, so that nobody gets one for
 * nothing by killing the program.
 *
 * Like the gate itself it stops who has to use this program: whoever can write here can remove the count.
 * @throws VaultError `wrong_passphrase`; `slowed_down` before the wait is over, and then nothing was checked
 */
export async function demandPassphrase(
  layout: VaultLayout,
  clock: Clock,
  verifierBytes: Uint8Array,
  passphrase: Uint8Array,
): Promise<Verifier> {
  const verifier = decodeVerifier(layout.verifierFile, verifierBytes);
  const failures = await readFailures(layout);
  await demandPatience(layout, clock, failures);
  await writeFailures(layout, { count: failures.count + 1, lastMs: clock.nowMs() });
  if (!(await verifyPassphrase(verifier, passphrase))) {
    throw new VaultError('wrong_passphrase', 'this is not the passphrase of the vault', {
      hint: 'where nobody knows it, whoever can read the master key sets a new one: vigocli secrets reset',
    });
  }
  await forgetFailures(layout);
  return verifier;
}

/** @throws VaultError `bad_passphrase` where the new passphrase is the old one */
export function demandOther(current: Uint8Array, next: Uint8Array): void {
  if (!constantTimeEqual(next, current)) return;
  throw new VaultError('bad_passphrase', 'the new passphrase is the old one; nothing was changed');
}

/** Puts the verifier of another passphrase in the place of the present one. */
export async function replacePassphrase(layout: VaultLayout, verifier: Verifier): Promise<void> {
  await replaceVerifierFile(layout.verifierFile, verifier);
  await forgetFailures(layout);
}

/**
 * Replaces a verifier that is cheaper to attack than today's.
 * @returns the bytes of its file, undefined where it stays
 */
export async function replaceWeakVerifier(
  layout: VaultLayout,
  verifier: Verifier,
  passphrase: Uint8Array,
): Promise<Uint8Array | undefined> {
  const stronger = await strongerVerifier(verifier, passphrase);
  if (stronger === undefined) return undefined;
  await replaceVerifierFile(layout.verifierFile, stronger);
  return encodeVerifier(stronger);
}

/** Demands that there is a verifier, in whatever state. @throws VaultError `not_initialized` */
export async function demandVerifier(layout: VaultLayout): Promise<void> {
  try {
    if ((await readVerifierFile(layout.verifierFile)) === undefined) throw noVerifier(layout);
  } catch (error) {
    if (!(error instanceof VaultError) || error.code !== 'bad_verifier') throw error;
  }
}

async function forgetFailures(layout: VaultLayout): Promise<void> {
  try {
    await removeFile(layout.failuresFile);
  } catch (error) {
    if (!(error instanceof FilesError) || error.code !== 'not_found') throw error;
  }
}

async function demandPatience(layout: VaultLayout, clock: Clock, { count, lastMs }: Failures): Promise<void> {
  if (count < FREE_FAILURES) return;
  const waitMs = Math.min(FIRST_WAIT_MS * 2 ** (count - FREE_FAILURES), LONGEST_WAIT_MS);
  const passedMs = clock.nowMs() - lastMs;
  if (passedMs >= waitMs) return;
  // A clock that was set back neither shortens the wait nor makes it last for years.
  if (passedMs < 0) await writeFailures(layout, { count, lastMs: clock.nowMs() });
  const leftMs = Math.ceil((waitMs - Math.max(passedMs, 0)) / 1000) * 1000;
  throw new VaultError('slowed_down', `${count} wrong passphrases in a row: wait ${formatDuration(leftMs)}`, {
    hint: 'whoever can read the master key can set a new passphrase: vigocli secrets reset',
  });
}

/** How many wrong passphrases were given since the last right one. */
export async function readFailures(layout: VaultLayout): Promise<Failures> {
  try {
    const bytes = await readFileLimited(layout.failuresFile, FILE_BYTES);
    // What isn't whole counts as nothing: it could as well have been removed.
    if (bytes.length === FILE_BYTES && equalBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
      const reader = new ByteReader(bytes.subarray(MAGIC.length));
      return { count: reader.u32(), lastMs: reader.u64() };
    }
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
  }
  return { count: 0, lastMs: 0 };
}

async function writeFailures(layout: VaultLayout, { count, lastMs }: Failures): Promise<void> {
  await writeFileAtomic(layout.failuresFile, concatBytes(MAGIC, u32(count), u64(lastMs)), { mode: 0o600 });
}
