import type { Lane, Work } from './work.js';

/** How thoroughly. */
export interface Sampling {
  readonly processes: number;
  /** Of each row in each process, at most; fewer where the row alone would take longer than `rowMs`. */
  readonly rounds: number;
  /** Calls are timed in batches that take so long, because a clock's tick is longer than a call. */
  readonly batchMs: number;
  readonly rowMs: number;
}

export const THOROUGH: Sampling = { processes: 3, rounds: 15, batchMs: 4, rowMs: 2000 };
export const QUICK: Sampling = { processes: 1, rounds: 5, batchMs: 1, rowMs: 100 };

const MIN_ROUNDS = 3;
const WARM_UP_MS = 40;

/** Nanoseconds per call, one sample per round. */
export interface Samples {
  readonly engine: string;
  readonly ns: readonly number[];
}

/**
 * Times one row. The engines take turns in every round, so that whatever else the machine does meets all of them.
 */
export async function sampleWork({ lanes }: Work, { rounds, batchMs, rowMs }: Sampling): Promise<Samples[]> {
  const runners = [];
  for (const lane of lanes) runners.push({ lane, ns: [] as number[], ...(await warmUp(lane, batchMs)) });
  const roundMs = runners.reduce((sum, { ms }) => sum + ms, 0);
  const affordable = Math.min(rounds, Math.max(MIN_ROUNDS, Math.floor(rowMs / roundMs)));
  for (let round = 0; round < affordable; round++) {
    for (const { lane, batch, ns } of runners) ns.push(((await timeMs(lane, batch)) * 1e6) / batch);
  }
  return runners.map(({ lane, ns }) => ({ engine: lane.engine, ns }));
}

/** How many calls make a batch, asked until V8 has had the time to compile the code well. */
async function warmUp(lane: Lane, batchMs: number): Promise<{ batch: number; ms: number }> {
  const start = performance.now();
  for (let batch = 1; ; ) {
    const ms = await timeMs(lane, batch);
    if (ms < batchMs) batch *= 2;
    else if (performance.now() - start >= WARM_UP_MS) return { batch, ms };
  }
}

async function timeMs({ run }: Lane, batch: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < batch; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - start) / 1e6;
}
