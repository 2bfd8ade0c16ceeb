import { ApiError } from './api-client.js';
import type { CommandContext } from './context.js';

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

/** Prints every problem that the server found, as compilers do; the error itself names the first. */
export async function withProblems<T>({ note }: CommandContext, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ApiError && error.problems.length > 1) {
      for (const { file, line, column, message, hint } of error.problems) {
        note(`${file}:${line}:${column}: ${message}${hint ? ` (${hint})` : ''}`);
      }
    }
    throw error;
  }
}
