import { VigoError } from '../../base/index.js';
import { errnoOf, filesError } from '../../files/index.js';
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
    return [fromError(error)];
  }
}

/** What an error says, as a finding: that of a library or of a defect may hold anything, and isn't shown. */
function fromError(error: unknown): Finding {
  if (error instanceof VigoError) return fail(error.message, error.hint);
  if (errnoOf(error) !== undefined && error instanceof Error && 'path' in error) {
    const { message, hint } = filesError('read', String(error.path), error);
    return fail(message, hint);
  }
  const name = error instanceof Error ? error.name : typeof error;
  return fail(`the check itself failed with a ${name}`, 'this is a defect of vigocli: report it');
}
