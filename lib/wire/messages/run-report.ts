import { parseEnvoyId } from '../../base/index.js';
import { RunReport as Message, Outcome as OutcomeNumber } from '../../gen/proto/vigo/v1/messages.js';
import { WireError } from '../errors.js';
import { MAX_FAILURE_CHARS, MAX_RESULT_MESSAGE_CHARS, MAX_RESULT_NAME_CHARS, MAX_RESULTS } from '../limits.js';
import { checked, counter, decodeStrict, time } from '../strict.js';

const OUTCOMES = {
  unchanged: OutcomeNumber.OUTCOME_UNCHANGED,
  changed: OutcomeNumber.OUTCOME_CHANGED,
  failed: OutcomeNumber.OUTCOME_FAILED,
  skipped: OutcomeNumber.OUTCOME_SKIPPED,
  would_change: OutcomeNumber.OUTCOME_WOULD_CHANGE,
} as const;

/** What became of a resource in one run. */
export type ResourceOutcome = keyof typeof OUTCOMES;

/** Its names have at most 400 characters each. */
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
  /** Why the run as a whole was aborted. Redacted; at most 4,096 characters. */
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
      message: cut(result.message, MAX_RESULT_MESSAGE_CHARS),
    })),
    failure: cut(report.failure ?? '', MAX_FAILURE_CHARS),
  }).finish();
}

/** @throws WireError `malformed` */
export function decodeRunReport(bytes: Uint8Array): RunReport {
  const message = decodeStrict('run report', Message, bytes);
  if (message.results.length > MAX_RESULTS) throw new WireError('malformed', `more than ${MAX_RESULTS} results`);
  return checked('a run report', () => ({
    runId: parseEnvoyId(message.runId),
    startedAtMs: time('the start', message.startedAt),
    finishedAtMs: time('the end', message.finishedAt),
    policyVersion: counter('the policy version', message.policyVersion),
    secretsEpoch: counter('the epoch', message.secretsEpoch),
    results: message.results.map((result) => {
      for (const name of [result.configcrate, result.resource, result.type]) {
        bounded('a name', name, MAX_RESULT_NAME_CHARS);
      }
      bounded('a message', result.message, MAX_RESULT_MESSAGE_CHARS);
      return { ...result, outcome: outcomeOf(result.outcome) };
    }),
    failure: bounded('the failure', message.failure, MAX_FAILURE_CHARS) || undefined,
  }));
}

/** A text that is too long loses its end; half a character that would be left is replaced. */
function cut(text: string, maxChars: number): string {
  return text.slice(0, maxChars).toWellFormed();
}

function bounded(what: string, text: string, maxChars: number): string {
  if (text.length > maxChars) throw new WireError('malformed', `${what} has more than ${maxChars} characters`);
  return text;
}

function outcomeOf(value: OutcomeNumber): ResourceOutcome {
  for (const [name, number] of Object.entries(OUTCOMES)) if (number === value) return name as ResourceOutcome;
  throw new WireError('malformed', 'a result has an unknown outcome');
}
