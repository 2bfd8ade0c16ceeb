import { loadAes256Gcm } from '../../crypto/index.js';
import { version } from '../../version.js';
import type { Engine } from './engine.js';
import { describeMachine } from './machine.js';
import { isMeasuringProcess, measureForParent, measureInProcess } from './processes.js';
import { FORMAT, type Report } from './report.js';
import type { Samples, Sampling } from './sampling.js';
import { summarize } from './statistics.js';
import type { Primitive } from './work.js';

export interface BenchOptions {
  readonly engines: readonly Engine[];
  readonly primitives: readonly Primitive[];
  readonly sampling: Sampling;
  /** Told what is measured next. */
  readonly onProgress: (step: { process: number; row: number; rows: number; name: string }) => void;
}

/**
 * Checks that the engines agree, then measures all rows in several processes, one after the other.
 * @returns nothing in a process that measures for another one: its work is done
 * @throws CliError `engines_disagree`, `bench_failed`
 */
export async function bench({ engines, primitives, sampling, onProgress }: BenchOptions): Promise<Report | undefined> {
  const works = primitives.flatMap((primitive) =>
    primitive.works(engines).map((work) => ({ ...work, primitive: primitive.name })),
  );
  if (isMeasuringProcess()) {
    await measureForParent(works, sampling);
    return undefined;
  }
  for (const work of works) await work.check();
  const processes: Samples[][][] = [];
  for (let process = 1; process <= sampling.processes; process++) {
    const onRow = (row: number) => {
      const { primitive, name } = works[row] ?? { primitive: '', name: '' };
      onProgress({ process, row, rows: works.length, name: `${primitive} ${name}` });
    };
    processes.push(await measureInProcess(works.length, onRow));
  }
  return {
    format: FORMAT,
    vigo: version,
    at: new Date().toISOString(),
    machine: await describeMachine(),
    node: { version: process.version, v8: process.versions.v8, openssl: process.versions.openssl },
    kernel: (await loadAes256Gcm()).kernel,
    engines: engines.map(({ name, version }) => ({ name, version })),
    processes: sampling.processes,
    rows: works.map(({ primitive, name, bytes }, row) => ({
      primitive,
      work: name,
      ...(bytes !== undefined && { bytes }),
      times: summarize(processes.map((measured) => measured[row] ?? [])),
    })),
  };
}
