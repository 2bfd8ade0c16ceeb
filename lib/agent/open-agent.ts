import { realpathSync } from 'node:fs';
import { DEFAULT_HOME, systemClock } from '../base/index.js';
import { loadAes256Gcm, loadHmacSha256, loadXWing } from '../crypto/index.js';
import { acquireProcessLock, ensureDir } from '../files/index.js';
import { makeGuard } from '../guard/index.js';
import { createRequestSigner } from '../identity/index.js';
import { Connection } from './contact/connection.js';
import { ContactRecord } from './contact/contact-record.js';
import { Session } from './contact/session.js';
import { Envoy } from './converge/envoy.js';
import { LastRunFile } from './converge/last-run.js';
import { HeldGeneration } from './held/held-generation.js';
import { readTlsFiles, requireIdentity } from './held/identity-files.js';
import { type AgentPaths, DEFAULT_CONFIG_DIR, DEFAULT_STATE_DIR } from './held/paths.js';
import { SecretCache } from './held/secret-cache.js';
import { readSigner } from './held/signing-seed.js';
import { CertificateKeeper } from './identity/certificate-keeper.js';
import { renewCertificate } from './identity/renewal.js';
import { TrustFollower } from './identity/trust-follower.js';
import { type Log, makeLog } from './log.js';

/** An enrolled machine with everything that a run takes. */
export interface Agent {
  readonly envoy: Envoy;
  readonly session: Session;
  readonly log: Log;
  /** Lets go of the connection, wipes what is secret, and frees the lock. */
  close(): Promise<void>;
}

/**
 * Takes the run lock, so that no two agents converge one machine at once, and doesn't connect yet.
 * @throws AgentError `not_enrolled`, `bad_identity`, `bad_state`; FilesError `held`, `not_private`; CryptoError `self_test`
 */
export async function openAgent(paths: AgentPaths, writeLog: (line: string) => void): Promise<Agent> {
  const identity = await requireIdentity(paths);
  // What a sealed answer takes. A failed self-test stops the program here, not in the middle of a run (C3).
  await Promise.all([loadXWing(), loadHmacSha256(), loadAes256Gcm()]);
  await ensureDir(paths.stateDir, 0o700);
  const lock = await acquireProcessLock(paths.runLock);
  const closing: (() => unknown)[] = [() => lock.release()];
  try {
    const signer = await readSigner(paths);
    closing.push(() => signer.dispose());
    const tls = await readTlsFiles(paths);
    const connection = await Connection.open(identity, tls);
    closing.push(() => connection.close());
    const cache = new SecretCache();
    closing.push(() => cache.dispose());

    const { envoyId } = identity;
    const redact = (text: string) => cache.redaction.redact(text);
    const log = makeLog(systemClock, redact, writeLog);
    if (lock.weakness !== undefined) log.warn(`a second agent in another container isn't noticed: ${lock.weakness}`);
    let certified = tls;
    const trust = await TrustFollower.open({
      identity,
      caPem: tls.caPem,
      paths,
      use(caPem) {
        certificate.heed(caPem);
        return connection.use({ ...certified, caPem });
      },
      log,
    });
    const session = new Session(connection, createRequestSigner({ signer, envoyId, clock: systemClock }), trust);
    const certificate = new CertificateKeeper({
      tls,
      renew: () => renewCertificate(session, identity, trust.caPem, paths),
      use: (next) => {
        certified = next;
        return connection.use(next);
      },
      clock: systemClock,
      random: Math.random,
      log,
    });
    const envoy = await Envoy.open({
      session,
      certificate,
      trust,
      policyPath: paths.policy,
      watchedPath: paths.watched,
      contact: await ContactRecord.open({ path: paths.contact, clock: systemClock, redact, warn: log.warn }),
      lastRun: new LastRunFile({ path: paths.lastRun, envoyId, warn: log.warn }),
      generation: await HeldGeneration.open(paths.generation, envoyId),
      cache,
      guard: makeGuard(protectedPaths(paths)),
      clock: systemClock,
      log,
    });
    return { envoy, session, log, close };
  } catch (cause) {
    await close();
    throw cause;
  }

  async function close(): Promise<void> {
    for (const step of closing.splice(0).reverse()) await step();
  }
}

/** What belongs to Vigo on this machine, under its own name and, where a link leads there, under the real one (S5). */
function protectedPaths({ configDir, stateDir }: AgentPaths): string[] {
  const [, program] = process.argv;
  const named = [
    configDir,
    stateDir,
    DEFAULT_CONFIG_DIR,
    DEFAULT_STATE_DIR,
    DEFAULT_HOME,
    ...(program ? [program] : []),
  ];
  return [...new Set(named.flatMap((path) => [path, realPath(path)]))];
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path; // nothing is there
  }
}
