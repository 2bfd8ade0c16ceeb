import type { CommandOption, Flags } from '../console/flags.js';
import { plural } from '../console/plural.js';
import { CliError } from '../errors.js';
import type { CommandContext } from '../host/context.js';
import { ApiError, type ApiProblem } from './api-client.js';

/** What the API answers to publish and rollback. */
export interface ApiPublication {
  /** For people: 1, 2, 3. */
  readonly version: number;
  readonly policy_version: number;
  readonly secrets_epoch: number;
  readonly digest: string;
  readonly changed: boolean;
  readonly warnings: readonly ApiProblem[];
  /** After a rollback: whether the stacks hold another config. */
  readonly stacks_differ?: boolean;
}

export const messageOption: CommandOption = {
  name: 'message',
  short: 'm',
  value: 'text',
  summary: 'What changed and why, for config history',
};

/** @throws CliError `usage` */
export function readMessage(flags: Flags): string | undefined {
  const text = flags.text('message')?.trim();
  if (text === undefined || /^[^\p{C}\p{Zl}\p{Zp}]{1,500}$/u.test(text)) return text;
  throw new CliError('usage', '--message is one line of at most 500 characters');
}

/** The git commit that the stacks are a clean checkout of, and which files that holds for. */
export async function checkoutOf(stacks: string): Promise<{ digest: string; commit: string } | undefined> {
  const [{ PolicyError, readStacksTree, treeDigest }, { gitCommitOf }] = await Promise.all([
    import('../../policy/index.js'),
    import('../host/git-commit.js'),
  ]);
  const tree = await readStacksTree(stacks).catch((error: unknown) => {
    if (error instanceof PolicyError) return undefined; // the server says what is wrong with them
    throw error;
  });
  const commit = tree && (await gitCommitOf(stacks, tree));
  return tree && commit ? { digest: await treeDigest(tree), commit } : undefined;
}

/** Prints what is live now, and what in it is probably a mistake. */
export function notePublication(
  context: CommandContext,
  published: ApiPublication,
  { what, json }: { what: string; json: boolean },
): void {
  const { version, changed, warnings } = published;
  if (json) {
    context.json(published);
    return;
  }
  noteWarnings(context, warnings);
  context.note(changed ? `${what}: version ${version} is live` : `version ${version} is live already; nothing changed`);
}

export function noteWarnings({ warn }: CommandContext, warnings: readonly ApiProblem[]): void {
  for (const warning of warnings) warn(describeProblem(warning));
}

/** Runs a call to the server, and reports the problems that it found as `throwProblems` does. */
export async function withProblems<T>(
  context: CommandContext,
  { json }: { json: boolean },
  call: () => Promise<T>,
): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiError) || error.problems.length === 0) throw error;
    const { problems } = error;
    if (json) {
      context.json({ problems });
      throw new CliError(
        'bad_config',
        `the config has ${plural(problems.length, 'problem')}; what was live stays live`,
      );
    }
    throw sumUp(context, problems, '; what was live stays live');
  }
}

/** Prints every problem, as compilers do, where there are several. @returns the error that sums them up */
export function sumUp(
  { problem: print }: CommandContext,
  problems: readonly ApiProblem[],
  consequence: string,
): CliError {
  const [first] = problems;
  if (problems.length === 1 && first !== undefined) {
    const { file, line, column, message, hint } = first;
    return new CliError('bad_config', `${file}:${line}:${column}: ${message}`, { hint });
  }
  for (const problem of problems) print(describeProblem(problem));
  return new CliError('bad_config', `the config has ${plural(problems.length, 'problem')}${consequence}`);
}

function describeProblem({ file, line, column, message, hint }: ApiProblem): string {
  return `${file}:${line}:${column}: ${message}${hint ? ` (${hint})` : ''}`;
}
