import { ApiError } from './api-client.js';
import type { CommandContext } from './context.js';
import { CliError } from './errors.js';

/** What the API answers to publish and rollback. */
export interface ApiPublication {
  readonly policy_version: number;
  readonly secrets_epoch: number;
  readonly digest: string;
  readonly changed: boolean;
}

export function notePublication(
  { note }: CommandContext,
  { policy_version, changed }: ApiPublication,
  what: string,
): void {
  note(
    changed
      ? `${what}: version ${policy_version} is live`
      : `version ${policy_version} is live already; nothing changed`,
  );
}

/**
 * Prints every problem that the server found, as compilers do, and with `json` as an array to stdout.
 * @throws CliError `bad_config` where there are several
 */
export async function withProblems<T>(
  context: CommandContext,
  { json }: { json: boolean },
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError) || error.problems.length === 0) throw error;
    if (json) context.json({ problems: error.problems });
    if (error.problems.length === 1) throw error;
    for (const { file, line, column, message, hint } of error.problems) {
      context.problem(`${file}:${line}:${column}: ${message}${hint ? ` (${hint})` : ''}`);
    }
    throw new CliError('bad_config', `the config has ${error.problems.length} problems; what was live stays live`);
  }
}
