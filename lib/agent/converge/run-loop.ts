import { type SteadyClock, VigoError } from '../../base/index.js';
import type { Alarm } from '../contact/alarm.js';
import { jittered, type Random, retryMs } from '../contact/backoff.js';
import type { Log } from '../log.js';
import type { Envoy, Run } from './envoy.js';
import { summary } from './summary.js';

const DEFAULT_INTERVAL_MS = 5 * 60_000;
/** What a server may name: shorter, and a fleet is busy with nothing else; longer, and a machine drifts unseen. */
const MIN_INTERVAL_MS = 10_000;
const MAX_INTERVAL_MS = 86_400_000;

export interface RunLoopOptions {
  readonly envoy: Pick<Envoy, 'checkIn' | 'converge' | 'deliver'>;
  /** Raised by a hint: check in now. */
  readonly alarm: Pick<Alarm, 'take' | 'wait'>;
  readonly signal: AbortSignal;
  readonly clock: Pick<SteadyClock, 'monotonicMs'>;
  readonly random: Random;
  readonly log: Log;
  readonly dryRun: boolean;
  /** Instead of the interval that the server names, which counts as 10 s at least and 1 d at most. */
  readonly intervalMs?: number | undefined;
}

/**
 * Checks in and converges until `signal` ends it: at the interval, at a hint, and after a failure sooner, but later
 * each time. While the server is away the machine goes on converging to what it holds (S6).
 */
export async function runLoop(options: RunLoopOptions): Promise<void> {
  const { alarm, signal, clock, random, log } = options;
  let intervalMs = options.intervalMs ?? DEFAULT_INTERVAL_MS;
  let contactAtMs = 0;
  let runAtMs = 0;
  let failures = 0;
  let isUnfinished = false;

  while (!signal.aborted) {
    const isHinted = alarm.take();
    const isRunDue = clock.monotonicMs() >= runAtMs;
    const contact = isHinted || clock.monotonicMs() >= contactAtMs ? await meet() : undefined;
    if (isRunDue || contact?.changed || (contact?.ok && isUnfinished)) {
      isUnfinished = await run();
      runAtMs = clock.monotonicMs() + jittered(intervalMs, random);
    }
    if (contact !== undefined) {
      failures = contact.ok && !isUnfinished ? 0 : failures + 1;
      contactAtMs = failures === 0 ? runAtMs : clock.monotonicMs() + retryMs(failures, contact.problem, random);
      if (contact.ok) await deliver();
    }
    await alarm.wait(Math.max(0, Math.min(runAtMs, contactAtMs) - clock.monotonicMs()), signal);
  }

  async function meet(): Promise<{ ok: boolean; changed: boolean; problem?: unknown }> {
    try {
      const { changed, intervalMs: named } = await options.envoy.checkIn();
      if (options.intervalMs === undefined && named > 0) follow(named);
      return { ok: true, changed };
    } catch (cause) {
      report('check-in failed', cause);
      return { ok: false, changed: false, problem: cause };
    }
  }

  /** A longer interval counts from the next run on: a server that names ever longer ones must not put that off. */
  function follow(named: number): void {
    const nextMs = Math.min(Math.max(named, MIN_INTERVAL_MS), MAX_INTERVAL_MS);
    if (nextMs < intervalMs) runAtMs = Math.min(runAtMs, clock.monotonicMs() + jittered(nextMs, random));
    intervalMs = nextMs;
  }

  /** @returns whether something is left that another contact may mend */
  async function run(): Promise<boolean> {
    const run = await options.envoy.converge({ dryRun: options.dryRun, intervalMs, signal });
    if (run === undefined) return false;
    logRun(run, log);
    return !run.resolved;
  }

  async function deliver(): Promise<void> {
    try {
      await options.envoy.deliver();
    } catch (cause) {
      report('the report stays queued', cause);
    }
  }

  function report(what: string, cause: unknown): void {
    if (!(cause instanceof VigoError)) throw cause;
    log.warn(`${what}: ${cause.message}${cause.hint === undefined ? '' : ` (${cause.hint})`}`);
  }
}

function logRun({ report }: Run, log: Log): void {
  if (report.failure !== undefined) {
    log.warn(`run aborted: ${report.failure}`);
    return;
  }
  for (const { outcome, configcrate, resource, message } of report.results) {
    if (outcome === 'unchanged') continue;
    const line = `${outcome} ${configcrate}/${resource}: ${message}`;
    if (outcome === 'failed') log.warn(line);
    else log.info(line);
  }
  log.info(`run ended: ${summary(report.results)}`);
}
