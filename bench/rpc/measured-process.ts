import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import type { Resident } from '../../test/system/resident.js';

const MIB = 1024 * 1024;
const QUIET_MS = 100;

/** What a process holds after a garbage collection, in MiB. */
export interface Memory {
  readonly rss: number;
  /** V8's heap, and what its objects hold outside of it. */
  readonly heap: number;
}

/** A server that is measured: on one processor, all of its threads. */
export class MeasuredProcess {
  readonly #resident: Resident;

  constructor(resident: Resident, processor: number) {
    this.#resident = resident;
    pin(this.pid, processor);
  }

  get pid(): number {
    return this.#resident.child.pid ?? 0;
  }

  /** Processor time so far, in milliseconds. */
  cpuMs(): number {
    const threads = `/proc/${this.pid}/task`;
    const spentNs = readdirSync(threads).map((id) =>
      Number(readFileSync(`${threads}/${id}/schedstat`, 'utf8').split(' ')[0]),
    );
    return spentNs.reduce((sum, ns) => sum + ns, 0) / 1e6;
  }

  /** Waits until what was asked of it, like closing connections, is done. */
  async idle(): Promise<void> {
    for (let before = this.cpuMs(); ; ) {
      await setTimeout(QUIET_MS);
      const now = this.cpuMs();
      if (now - before < QUIET_MS / 20) return;
      before = now;
    }
  }

  /** Of a process that `gauge.ts` was loaded into. */
  async memory(): Promise<Memory> {
    const { length } = this.#resident.said;
    this.#resident.child.kill('SIGUSR2');
    const [, said = ''] = await this.#resident.says(/^gauge (.*)\n/m, length);
    const { rss, heapUsed, external } = JSON.parse(said);
    return { rss: rss / MIB, heap: (heapUsed + external) / MIB };
  }
}

/** Holds a process and its threads to one processor. */
export function pin(pid: number, processor: number): void {
  execFileSync('taskset', ['-a', '-c', '-p', String(processor), String(pid)]);
}
