import type { Redaction } from '../held/redaction.js';

/** Whether a resource is as declared, or what would be done about it: words for an operator, never content. */
export type Verdict = 'ok' | { readonly change: string };

export interface ExecutorContext {
  readonly redaction: Redaction;
  /**
   * Whether a secret that the resource watches changed since it was last applied here, or it never was; undefined where
   * it watches none.
   */
  readonly isTriggered?: boolean | undefined;
}

/** What each resource type has. A `check` right after an `apply` gives `ok` (S3). */
export interface Executor<R> {
  /** Looks and changes nothing. */
  check(resource: R, context: ExecutorContext): Promise<Verdict>;
  /** Makes the resource what it is declared to be. Called where `check` found a change. */
  apply(resource: R, context: ExecutorContext): Promise<void>;
}
