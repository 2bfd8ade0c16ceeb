import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Test } from 'tap';
import type { Job } from './worker.js';

/** `VIGO_TEST_LONG=1`: as many rounds and processes as it takes to trust it, instead of a few. */
export const LONG = process.env.VIGO_TEST_LONG === '1';

export interface Worker {
  readonly child: ChildProcess;
  /** What it has said until now, line by line. */
  said(): Record<string, unknown>[];
  /** Its exit code, null where it was killed, and what stands on stderr. */
  readonly ended: Promise<{ code: number | null; errors: string }>;
}

/** Bundles the worker, so that starting one takes a tenth of a second. */
export async function makeWorkers(t: Test): Promise<(job: Job) => Worker> {
  const outfile = join(t.testdir(), 'worker.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./worker.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['better-sqlite3', 'tap'],
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  return (job) => {
    const env = { PATH: process.env.PATH, VIGO_TEST_JOB: JSON.stringify(job) };
    const child = spawn(process.execPath, [outfile], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let [output, errors] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    const ended = once(child, 'close').then(([code]) => ({ code, errors }));
    return { child, ended, said: () => parseLines(output) };
  };
}

/** The last line of a process that was killed may be cut. */
function parseLines(output: string): Record<string, unknown>[] {
  const whole = output.slice(0, output.lastIndexOf('\n') + 1);
  return whole
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}
