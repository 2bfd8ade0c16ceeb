import type { Connection } from './connection.js';
import type { MeasuredProcess } from './measured-process.js';

/** What is sent over one connection, in its order. */
export interface Lane {
  readonly connection: Connection;
  readonly path: string;
  readonly requests: readonly Buffer[];
}

/** What so many pieces of work took. */
export interface Spent {
  readonly perSecond: number;
  /** Of the server's processor, for each of them. */
  readonly cpuUs: number;
  /** How much of its processor the server used. */
  readonly busy: number;
}

/** Sends everything, so many calls at a time on each connection. */
export function send(lanes: readonly Lane[], atATime: number, server: MeasuredProcess): Promise<Spent> {
  const count = lanes.reduce((sum, { requests }) => sum + requests.length, 0);
  return spend(server, count, async () => {
    await Promise.all(
      lanes.map(async ({ connection, path, requests }) => {
        const next = requests.values();
        await together(atATime, async () => {
          for (const request of next) await connection.call(path, request);
        });
      }),
    );
  });
}

export async function spend(server: MeasuredProcess, count: number, work: () => Promise<void>): Promise<Spent> {
  const [startMs, startCpuMs] = [performance.now(), server.cpuMs()];
  await work();
  const [tookMs, cpuMs] = [performance.now() - startMs, server.cpuMs() - startCpuMs];
  return { perSecond: (count / tookMs) * 1000, cpuUs: (cpuMs / count) * 1000, busy: cpuMs / tookMs };
}

/** Does something for each item, a few at a time. */
export async function each<T, R>(items: readonly T[], atATime: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const next = items.entries();
  await together(atATime, async () => {
    for (const [i, item] of next) results[i] = await work(item);
  });
  return results;
}

async function together(count: number, work: () => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: count }, work));
}
