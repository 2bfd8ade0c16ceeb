import { parseEnvoyId } from '../base/index.js';
import { RunReport as Message, Outcome as OutcomeNumber } from '../gen/proto/vigo/v1/messages.js';
import { WireError } from './errors.js';
import { MAX_RESULT_MESSAGE_CHARS, MAX_RESULTS } from './limits.js';
import { checked, counter, decodeStrict } from './strict.js';

const OUTCOMES = {
  unchanged: OutcomeNumber.OUTCOME_UNCHANGED,
  changed: OutcomeNumber.OUTCOME_CHANGED,
  failed: OutcomeNumber.OUTCOME_FAILED,
  skipped: OutcomeNumber.OUTCOME_SKIPPED,
  would_change: OutcomeNumber.OUTCOME_WOULD_CHANGE,
} as const;

/** What became of a resource in one run. */
export type ResourceOutcome = keyof typeof OUTCOMES;

export interface ResourceResult {
  readonly configcrate: string;
  readonly resource: string;
  readonly type: string;
  readonly outcome: ResourceOutcome;
  /** Redacted; at most 4,096 characters. */
  readonly message: string;
  readonly durationMs: number;
}

export interface RunReport {
  /** Version 4 UUID. The same run may be reported twice and counts once. */
  readonly runId: string;
  readonly startedAtMs: number;
  readonly finishedAtMs: number;
  readonly policyVersion: number;
  readonly secretsEpoch: number;
  readonly results: readonly ResourceResult[];
  /** Why the run as a whole was aborted. */
  readonly failure: string | undefined;
}

export function encodeRunReport(report: RunReport): Uint8Array {
  return Message.encode({
    runId: report.runId,
    startedAt: BigInt(report.startedAtMs),
    finishedAt: BigInt(report.finishedAtMs),
    policyVersion: BigInt(report.policyVersion),
    secretsEpoch: BigInt(report.secretsEpoch),
    results: report.results.map((result) => ({
      ...result,
      outcome: OUTCOMES[result.outcome],
      message: result.message.slice(0, MAX_RESULT_MESSAGE_CHARS).toWellFormed(),
    })),
    failure: report.failure ?? '',
  }).finish();
}

/** @throws WireError `malformed` */
export function decodeRunReport(bytes: Uint8Array): RunReport {
  const message = decodeStrict('run report', Message, bytes);
  if (message.results.length > MAX_RESULTS) throw new WireError('malformed', `more than ${MAX_RESULTS} results`);
  return checked('a run report', () => ({
    runId: parseEnvoyId(message.runId),
    startedAtMs: counter('the start', message.startedAt),
    finishedAtMs: counter('the end', message.finishedAt),
    policyVersion: counter('the policy version', message.policyVersion),
    secretsEpoch: counter('the epoch', message.secretsEpoch),
    results: message.results.map((result) => {
      if (result.message.length > MAX_RESULT_MESSAGE_CHARS) throw new WireError('malformed', 'a message is too long');
      return { ...result, outcome: outcomeOf(result.outcome) };
    }),
    failure: message.failure || undefined,
  }));
}

function outcomeOf(value: OutcomeNumber): ResourceOutcome {
  for (const [name, number] of Object.entries(OUTCOMES)) if (number === value) return name as ResourceOutcome;
  throw new WireError('malformed', 'a result has an unknown outcome');
}
