import { cpus } from 'node:os';
import { relative } from 'node:path';

/** One way to do the work; what it returns, or what its promise gives, is compared with what the others return. */
export interface Contender {
  name: string;
  run(): unknown;
}

export interface Race {
  title: string;
  /** The first one is what the ratios are about. */
  contenders: readonly Contender[];
  /** Throws where the contenders don't agree. Left out, all must return the same. */
  check?(): void;
}

const ROUNDS = 15;
const BATCH_MS = 4;

/** Runs a race, all contenders in turn in every round, and prints medians and how they relate to the first. */
export async function run({ title, contenders, check }: Race): Promise<void> {
  if (check) check();
  else await requireSameResults(title, contenders);
  const lanes = [];
  for (const contender of contenders) {
    lanes.push({ contender, batch: await batchSize(contender), samples: [] as number[] });
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { contender, batch, samples } of lanes) samples.push((await timeMs(contender, batch)) / batch);
  }
  const medians = lanes.map(({ samples }) => samples.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
  console.log(`\n${title}`);
  for (const [i, { name }] of contenders.entries()) {
    const ratio = (medians[i] ?? Number.NaN) / (medians[0] ?? Number.NaN);
    const relation = i === 0 ? '' : `  takes ${ratio.toPrecision(2)} times as long`;
    console.log(`  ${name.padEnd(24)} ${formatMs(medians[i] ?? Number.NaN)}${relation}`);
  }
}

/** What one needs to know of the machine and the run to read the figures and to repeat them. */
export function printCircumstances(libraries: Record<string, string>): void {
  const versions = Object.entries({ node: process.version, v8: process.versions.v8, ...libraries });
  console.log(`machine   ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} processors`);
  console.log(`platform  ${process.platform} ${process.arch}`);
  console.log(`versions  ${versions.map((each) => each.join(' ')).join(', ')}, openssl ${process.versions.openssl}`);
  console.log(`command   node ${[...process.execArgv, relative('.', process.argv[1] ?? '')].join(' ')}`);
  console.log(`figures   medians of ${ROUNDS} alternating rounds, one process`);
}

async function requireSameResults(title: string, contenders: readonly Contender[]): Promise<void> {
  const results = await Promise.all(contenders.map(({ run }) => run()));
  const texts = results.map((result) => (result instanceof Uint8Array ? Buffer.from(result).toString('hex') : result));
  const stranger = contenders.find((_, i) => texts[i] !== texts[0]);
  if (stranger) throw new Error(`${title}: ${stranger.name} gives another result than ${contenders[0]?.name}`);
}

/** So many calls that they take about BATCH_MS; finding out also warms up. */
async function batchSize(contender: Contender): Promise<number> {
  for (let batch = 1; ; batch *= 2) {
    if ((await timeMs(contender, batch)) > BATCH_MS) return batch;
  }
}

async function timeMs({ run }: Contender, batch: number): Promise<number> {
  const start = process.hrtime.bigint();
  for (let i = 0; i < batch; i++) {
    const result = run();
    if (result instanceof Promise) await result;
  }
  return Number(process.hrtime.bigint() - start) / 1e6;
}

function formatMs(ms: number): string {
  if (ms >= 1) return `${ms.toFixed(1).padStart(8)} ms`;
  return `${(ms * 1000).toFixed(2).padStart(8)} µs`;
}
