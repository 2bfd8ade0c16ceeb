import { CliError } from '../errors.js';
import { type Samples, type Sampling, sampleWork } from './sampling.js';
import type { Work } from './work.js';

/** Set for a process that measures for another one. */
const ROLE = 'VIGO_BENCH_ROLE';
const MEASURING = 'measure';

/** A row that a measuring process has finished. */
interface Measured {
  readonly row: number;
  readonly samples: readonly Samples[];
}

export function isMeasuringProcess(): boolean {
  return process.env[ROLE] === MEASURING && process.send !== undefined;
}

/** What a measuring process does: all rows, each handed over as soon as it is there. */
export async function measureForParent(works: readonly Work[], sampling: Sampling): Promise<void> {
  process.once('disconnect', () => process.exit());
  for (const [row, work] of works.entries()) {
    const measured: Measured = { row, samples: await sampleWork(work, sampling) };
    await new Promise((resolve) => process.send?.(measured, resolve));
  }
  process.removeAllListeners('disconnect');
  process.disconnect();
}

/**
 * Runs this program again with the same arguments, as a process that measures.
 * @param rows how many it has to measure
 * @param onRow called before each row, with its index
 * @throws CliError `bench_failed` where it ends early
 */
export async function measureInProcess(rows: number, onRow: (row: number) => void): Promise<Samples[][]> {
  const [, program = '', ...args] = process.argv;
  const { fork } = await import('node:child_process');
  const child = fork(program, args, {
    env: { ...process.env, [ROLE]: MEASURING },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const results: Samples[][] = [];
  onRow(0);
  child.on('message', ({ row, samples }: Measured) => {
    results[row] = [...samples];
    if (row + 1 < rows) onRow(row + 1);
  });
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (...how) => resolve(how));
  });
  if (code === 0 && results.length === rows) return results;
  throw new CliError('bench_failed', `a measuring process ended early (${signal ?? `exit code ${code}`})`);
}
