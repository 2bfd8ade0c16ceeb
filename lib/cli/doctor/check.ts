import { toFailure } from '../console/failure.js';
import { type Finding, fail } from './finding.js';
import type { Subject } from './subject.js';

/** One question. It reads, and changes nothing. */
export interface Check {
  /** As the report names it, and as `--only` takes it. */
  readonly name: string;
  /** Whether there must be a vault to ask it of. */
  readonly needsVault: boolean;
  /** What it throws is its own failure and ends no other check. */
  run(subject: Subject): Promise<readonly Finding[]>;
}

/** Asks, whatever comes of it. */
export async function runCheck(check: Check, subject: Subject): Promise<readonly Finding[]> {
  try {
    return await check.run(subject);
  } catch (error) {
    const { message, hint } = toFailure(error);
    return [fail(message, hint)];
  }
}
