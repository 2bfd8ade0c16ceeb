import { auditActions, isAuditAction } from '../../audit/index.js';
import { claimToJson } from '../../base/index.js';
import { type Enrollment, type EnrollmentOutcome, type EntryDraft, isDraft, type Store } from '../../store/index.js';
import type { EventLog } from './log.js';

/** What is done all the time, for each envoy. */
const FREQUENT = ['secret.epoch_resolved', 'envoy.renewed'];
/** What an operator has to look at. */
const ALARMING = ['envoy.forked', 'envoy.cloned', 'database.restored'];

/**
 * Returns a store whose audited operations are lines of the server's log as well: once they are done, under the name that
 * they have in the audit log. An entry holds names and references and never a value, so a line doesn't either.
 */
export function toldStore(store: Store, log: EventLog): Store {
  const told = Object.entries(store).map(([name, operation]) => [
    name,
    async (...args: readonly unknown[]) => {
      const result = await (operation as (...args: readonly unknown[]) => Promise<unknown>)(...args);
      const draft = args.at(-1);
      if (isDraft(draft) && !changedNothing(result)) tell(log, draft, result);
      return result;
    },
  ]);
  return {
    ...(Object.fromEntries(told) as Store),
    async consumeTokenAndEnroll(enrollment) {
      const outcome = await store.consumeTokenAndEnroll(enrollment);
      tellEnrollment(log, enrollment, outcome);
      return outcome;
    },
  };
}

function tell(log: EventLog, draft: EntryDraft, result: unknown): void {
  const { action, actor, subject, outcome, detail, claimedBy } = draft;
  const claim = claimedBy === undefined ? {} : { claimed_by: claimToJson(claimedBy) };
  const fields = { event: action, actor, ...claim, subject, outcome, ...(detail === undefined ? {} : { detail }) };
  log[levelOf(action, outcome)]({ ...fields, ...numbersOf(result) }, wordsOf(action, outcome, detail));
}

function wordsOf(action: string, outcome: EntryDraft['outcome'], detail?: EntryDraft['detail']): string {
  if (outcome === 'denied') return detail?.reason === undefined ? 'refused' : `refused: ${detail.reason}`;
  return outcome === 'done' && isAuditAction(action) ? auditActions[action] : `${action} ${outcome}`;
}

function levelOf(action: string, outcome: EntryDraft['outcome']): 'debug' | 'info' | 'warn' {
  if (FREQUENT.includes(action)) return 'debug';
  return outcome === 'denied' || outcome === 'failed' || ALARMING.includes(action) ? 'warn' : 'info';
}

/** A refusal that the store enters by itself stands in the audit log only: callers write as many of them as they like. */
function tellEnrollment(log: EventLog, { hostName, remoteAddress }: Enrollment, result: EnrollmentOutcome): void {
  if (result.outcome !== 'enrolled' && result.outcome !== 'returned') return;
  const detail = { host_name: hostName, remote_address: remoteAddress, returned: result.outcome === 'returned' };
  log.info({ event: 'envoy.enrolled', subject: result.envoyId, detail }, wordsOf('envoy.enrolled', 'done'));
}

/** Where an operation changed nothing, it made no entry. */
function changedNothing(result: unknown): boolean {
  return result === false || (typeof result === 'object' && result !== null && 'changed' in result && !result.changed);
}

/** What a publication was given. */
function numbersOf(result: unknown): { version?: unknown; policy_version?: unknown; secrets_epoch?: unknown } {
  if (typeof result !== 'object' || result === null || !('policyVersion' in result)) return {};
  return {
    ...('version' in result ? { version: result.version } : {}),
    policy_version: result.policyVersion,
    secrets_epoch: 'secretsEpoch' in result ? result.secretsEpoch : null,
  };
}
