import { equalBytes } from '../../base/index.js';
import { CliError } from '../errors.js';
import type { Engine } from './engine.js';

/** One row of the table: the same work, done by each engine that can. */
export interface Work {
  /** What is done and on how much, like `seal 64 B`; unique within its primitive. */
  readonly name: string;
  /** Of the message. */
  readonly bytes?: number;
  readonly lanes: readonly Lane[];
  /**
   * That all give the same, asked before anything is timed: a fast wrong answer is none.
   * @throws CliError `engines_disagree`
   */
  check(): Promise<void>;
}

export interface Lane {
  readonly engine: string;
  run(): unknown;
}

/** What can be asked for by name, and the rows that it has. */
export interface Primitive {
  readonly name: string;
  works(engines: readonly Engine[]): Work[];
}

/** Work whose results can be compared as they are. */
export function sameResults(work: Omit<Work, 'check'>): Work {
  return {
    ...work,
    async check() {
      let first: { engine: string; result: Uint8Array } | undefined;
      for (const { engine, run } of work.lanes) {
        const result = (await run()) as Uint8Array;
        first ??= { engine, result };
        requireAgreement(equalBytes(first.result, result), work.name, first.engine, engine);
      }
    },
  };
}

/** @throws CliError `engines_disagree` unless they do */
export function requireAgreement(agree: boolean, what: string, one: string, other: string): void {
  if (agree) return;
  throw new CliError('engines_disagree', `${what}: ${other} doesn't agree with ${one}`, {
    hint: 'one of them computes wrongly on this machine; nothing was timed',
  });
}

export function formatBytes(bytes: number): string {
  if (bytes >= 2 ** 20) return `${bytes / 2 ** 20} MiB`;
  return bytes >= 1024 ? `${bytes / 1024} KiB` : `${bytes} B`;
}
