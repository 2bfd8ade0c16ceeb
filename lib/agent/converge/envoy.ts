import { equalBytes, type SteadyClock, uuidFrom, VigoError } from '../../base/index.js';
import { randomBytes } from '../../crypto/index.js';
import type { Guard } from '../../guard/index.js';
import { type PolicyBody, refsOfResource } from '../../policy/index.js';
import {
  type PolicyHead,
  Rejection,
  type RejectionReason,
  type ResourceResult,
  type RunReport,
} from '../../wire/index.js';
import { checkIn } from '../contact/check-in.js';
import { type ContactRecord, clockTrouble } from '../contact/contact-record.js';
import { ReportQueue } from '../contact/report-queue.js';
import { resolveSecrets } from '../contact/resolve.js';
import type { Session } from '../contact/session.js';
import { AgentError } from '../errors.js';
import type { HeldGeneration } from '../held/held-generation.js';
import { type HeldPolicy, type PolicyTrust, readHeldPolicy, writeHeldPolicy } from '../held/held-policy.js';
import type { SecretCache } from '../held/secret-cache.js';
import { Watched } from '../held/watched.js';
import type { CertificateKeeper } from '../identity/certificate-keeper.js';
import type { TrustFollower } from '../identity/trust-follower.js';
import type { Log } from '../log.js';
import { applyBody } from './apply.js';
import type { LastRunFile } from './last-run.js';

/** How often a run checks in again because the policy changed under it. */
const MAX_STALE_BUNDLES = 3;
/** Certificates and tokens bear less of it, and nobody notices by himself. */
const MAX_CLOCK_DIFFERENCE_MS = 5 * 60_000;

export interface EnvoyOptions {
  readonly session: Session;
  readonly certificate: Pick<CertificateKeeper, 'keep'>;
  readonly trust: PolicyTrust & Pick<TrustFollower, 'mend' | 'keepUp'>;
  /** Where the policy that was accepted last is kept. */
  readonly policyPath: string;
  /** Where it is kept what watching resources were applied for. */
  readonly watchedPath: string;
  readonly contact: Pick<ContactRecord, 'follow' | 'note' | 'noteRecord'>;
  readonly lastRun: Pick<LastRunFile, 'keep'>;
  readonly generation: HeldGeneration;
  readonly cache: SecretCache;
  readonly guard: Guard;
  readonly clock: SteadyClock;
  readonly log: Log;
}

export interface ContactResult {
  /** Whether there is a policy that this machine hasn't converged to yet. */
  readonly changed: boolean;
  readonly intervalMs: number;
}

export interface RunOptions {
  readonly dryRun: boolean;
  /** When the next run is due after this one; undefined where none is planned. */
  readonly intervalMs?: number | undefined;
  /** Ends the run after the resource that is under way. */
  readonly signal: AbortSignal;
}

export interface Run {
  readonly report: RunReport;
  /** False where a secret was missing: worth another try as soon as the server is there. */
  readonly resolved: boolean;
}

/** This machine between its server and its declared state: what it accepted, and what it has yet to report. */
export class Envoy {
  readonly #options: EnvoyOptions;
  readonly #reports = new ReportQueue();
  readonly #watched: Watched;
  #policy: HeldPolicy | undefined;
  /** Whether this machine may still show secrets that were replaced. */
  #showsReplaced = true;
  /** Of the policy with secrets that an earlier process accepted, until a run has brought the present values everywhere. */
  #earlierEpoch: number | undefined;

  private constructor(options: EnvoyOptions, policy: HeldPolicy | undefined, watched: Watched) {
    this.#options = options;
    this.#policy = policy;
    this.#watched = watched;
    this.#earlierEpoch = policy?.refs.size ? policy.head.secretsEpoch : undefined;
  }

  /** Begins with what was accepted before this process. What can't be read counts as nothing, and is said. */
  static async open(options: EnvoyOptions): Promise<Envoy> {
    const policy = await readHeldPolicy(options.policyPath, options.trust).catch((cause) => {
      if (!(cause instanceof AgentError)) throw cause;
      options.log.warn(`${cause.message}: asking the server for another one`);
      return undefined;
    });
    const watched = await Watched.read(options.watchedPath).catch((cause) => {
      if (!(cause instanceof AgentError)) throw cause;
      options.log.warn(`${cause.message}: what watches secrets is applied once more`);
      return Watched.empty(options.watchedPath);
    });
    return new Envoy(options, policy, watched);
  }

  get head(): PolicyHead | undefined {
    return this.#policy?.head;
  }

  /** @throws Rejection, RpcError, WireError, AgentError, PolicyError; what was held stays in force. */
  checkIn(): Promise<ContactResult> {
    return this.#options.contact.follow('check-in', async () => {
      try {
        return await this.#checkIn();
      } catch (cause) {
        if (!(await this.#options.trust.mend(cause))) throw cause;
        return this.#checkIn();
      }
    });
  }

  async #checkIn(): Promise<ContactResult> {
    const { session, certificate, trust, policyPath, generation, cache, clock, log } = this.#options;
    await certificate.keep();
    const answer = await checkIn(session, this.#policy, trust, generation);
    const { policy, serverTimeMs, intervalMs, trustNumber, record } = answer;
    if (record !== undefined) await this.#options.contact.noteRecord(trust.envoyId, record);
    // Over this connection all is well yet; the next one will be another CA's.
    if (await trust.keepUp(trustNumber)) await certificate.keep();
    await this.#compareClocks(clock.nowMs() - serverTimeMs);
    if (policy === undefined) return { changed: false, intervalMs };
    // Before anything acts on it: a crash must not make room for an older one.
    await writeHeldPolicy(policyPath, policy);
    // Against values, and an epoch beyond all others, that somebody gave with the key before: it may have been stolen.
    if (this.#policy !== undefined && !equalBytes(this.#policy.keyId, policy.keyId)) cache.expire();
    this.#policy = policy;
    log.info(`accepted policy ${policy.head.policyVersion}, secrets epoch ${policy.head.secretsEpoch}`);
    return { changed: true, intervalMs };
  }

  /**
   * Brings the machine to its declared state, or says what that would take, and queues the report. Where secrets are
   * refused the run is aborted (D3); where the server is merely away, or gives none until an operator has decided, what
   * needs none goes on (D5a).
   * @returns undefined where no policy was ever accepted
   */
  async converge({ dryRun, intervalMs, signal }: RunOptions): Promise<Run | undefined> {
    const { cache, clock, guard, log } = this.#options;
    const startedAtMs = clock.nowMs();
    const beganAtMs = clock.monotonicMs();
    const problem = await this.#resolve();
    await this.#options.contact.note('secrets', problem);
    const policy = this.#policy;
    if (policy === undefined) return undefined;
    const { head, body, marks } = policy;
    const isAborted = problem !== undefined && problem.kind !== 'unavailable' && !isPutAside(problem);
    if (problem !== undefined) log.warn(`secrets can't be resolved: ${problem.message}`);
    // What was there before is known then, and stays known.
    if (problem === undefined && this.#earlierEpoch === head.secretsEpoch) this.#earlierEpoch = undefined;
    const mayMissReplaced = this.#earlierEpoch !== undefined && this.#earlierEpoch !== head.secretsEpoch;
    const redaction = { ...cache.redactionFor(policy.refs, head.secretsEpoch), mayMissReplaced };
    const values = cache.valuesAt(head.secretsEpoch);
    const watched = this.#watched;
    const results = isAborted
      ? []
      : await applyBody(body, { values, redaction, marks, watched, guard, clock, dryRun, signal });
    this.#showsReplaced = problem !== undefined || !holdsCurrentValues(body, results);
    if (!this.#showsReplaced) this.#earlierEpoch = undefined;
    const report: RunReport = {
      runId: uuidFrom(randomBytes(16)),
      startedAtMs,
      results,
      // Not asked of the clock, which may have been set meanwhile: no run ends before it began.
      finishedAtMs: startedAtMs + clock.monotonicMs() - beganAtMs,
      policyVersion: head.policyVersion,
      secretsEpoch: head.secretsEpoch,
      failure: isAborted ? redaction.redact(`secrets can't be resolved: ${problem.message}`) : undefined,
    };
    this.#reports.add(report);
    await this.#options.lastRun.keep(report, intervalMs);
    return { report, resolved: problem === undefined };
  }

  /** Hands over what is queued. @throws Rejection, RpcError; what wasn't delivered stays queued. */
  async deliver(): Promise<void> {
    const { contact, session, cache } = this.#options;
    await contact.follow('report', () => this.#reports.deliver(session, (text) => cache.redaction.redact(text)));
    if (!this.#showsReplaced) cache.forgetReplaced();
  }

  /** A wrong clock is told, and keeps nobody from anything. */
  async #compareClocks(aheadMs: number): Promise<void> {
    const { contact, log } = this.#options;
    const problem = Math.abs(aheadMs) > MAX_CLOCK_DIFFERENCE_MS ? clockTrouble(aheadMs) : undefined;
    if (problem !== undefined) log.warn(problem.message);
    await contact.note('clock', problem);
  }

  /** @returns why the values that the policy needs aren't all here */
  async #resolve(): Promise<VigoError | undefined> {
    const { session, cache, trust, generation } = this.#options;
    try {
      for (let stale = 0; this.#policy !== undefined; stale++) {
        try {
          await resolveSecrets(session, cache, this.#policy, trust, generation);
          return undefined;
        } catch (cause) {
          const isStale = cause instanceof Rejection && cause.code === 'stale_bundle';
          if (!isStale || stale === MAX_STALE_BUNDLES) throw cause;
          await this.checkIn();
        }
      }
      return undefined;
    } catch (cause) {
      if (cause instanceof VigoError) return cause;
      throw cause;
    }
  }
}

/** Whether everything on the machine that uses secrets has the values of this run. */
function holdsCurrentValues(body: PolicyBody, results: readonly ResourceResult[]): boolean {
  const resources = body.configcrates.flatMap(({ resources }) => resources);
  return resources.every((resource, i) => {
    const outcome = results[i]?.outcome;
    return outcome === 'changed' || outcome === 'unchanged' || refsOfResource(resource).size === 0;
  });
}

/** Refused for what isn't its fault, and until an operator has decided, or the server has less to do. */
const PUT_ASIDE: ReadonlySet<RejectionReason> = new Set(['clone', 'quarantine', 'busy']);

function isPutAside(problem: VigoError): boolean {
  return problem instanceof Rejection && PUT_ASIDE.has(problem.code);
}
