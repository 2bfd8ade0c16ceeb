import { VigoError } from '../base/index.js';
import { PolicyError, type PolicyProblem, type Position } from './errors.js';

/** Beyond this many, more problems don't help anybody, and a hostile file could make a million. */
const MAX_PROBLEMS = 200;

/** Collects what is wrong, so that an operator sees all of it at once. The same thing said twice is kept once. */
export class ProblemList {
  readonly #problems = new Map<string, PolicyProblem>();
  /** Lines that aren't YAML, as `file:line`. */
  readonly #unreadable = new Set<string>();

  get isEmpty(): boolean {
    return this.#problems.size === 0;
  }

  add(at: Position, message: string, hint?: string): void {
    if (this.#problems.size >= MAX_PROBLEMS) return;
    const { file, line, column } = at;
    if (this.#unreadable.has(`${file}:${line}`)) return;
    this.#problems.set(JSON.stringify([file, line, column, message]), { file, line, column, message, hint });
  }

  /** Notes that a line isn't YAML. What else seems wrong in that line follows from it, and is left out. */
  addUnreadable(at: Position, message: string, hint?: string): void {
    const line = `${at.file}:${at.line}`;
    this.#unreadable.delete(line);
    this.add(at, message, hint);
    this.#unreadable.add(line);
  }

  addAll(problems: readonly PolicyProblem[]): void {
    for (const problem of problems) this.add(problem, problem.message, problem.hint);
  }

  /** Runs a strict reader; what it throws becomes a problem at `at`. */
  attempt<T>(at: Position, read: () => T): T | undefined {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof VigoError)) throw error;
      this.add(at, error.message, error.hint);
      return undefined;
    }
  }

  /** By file, line and column. */
  sorted(): readonly PolicyProblem[] {
    return [...this.#problems.values()].sort(byPosition);
  }
}

/** @throws PolicyError `invalid_config` with every problem, if there is one */
export function throwIfAny(problems: readonly PolicyProblem[]): void {
  const [first] = problems;
  if (first === undefined) return;
  const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : '';
  throw new PolicyError('invalid_config', `${formatPosition(first)}: ${first.message}${more}`, {
    hint: first.hint,
    problems,
  });
}

/** `web.vgo:3:7`, as compilers and editors write it. */
export function formatPosition({ file, line, column }: Position): string {
  return `${file}:${line}:${column}`;
}

function byPosition(a: Position, b: Position): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}
