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

/** So short that most batches fit into what a busy machine gives a process at a time. */
const BATCH_MS = 0.5;
const WARM_UP_MS = 30;
const MAX_ROUNDS = 101;
const MIN_ROUNDS = 9;
/** Rounds of a race that takes longer than this end when there are enough of them. */
const MAX_RACE_MS = 1000;

/** What the calls of one contender took, in milliseconds. */
export interface Timing {
  median: number;
  lowerQuartile: number;
  upperQuartile: number;
  /** How many times as long as the first contender, round by round: the median of that. */
  ratio: number;
}

/** Times a race, all contenders in turn in every round. */
export async function time({ title, contenders, check }: Race): Promise<Timing[]> {
  if (check) check();
  else await requireSameResults(title, contenders);
  const lanes = [];
  for (const contender of contenders) {
    lanes.push({ contender, batch: await batchSize(contender), samples: [] as number[] });
  }
  const start = performance.now();
  for (let round = 0; round < MAX_ROUNDS; round++) {
    if (round >= MIN_ROUNDS && performance.now() - start > MAX_RACE_MS) break;
    for (const { contender, batch, samples } of lanes) samples.push((await timeMs(contender, batch)) / batch);
  }
  const first = lanes[0]?.samples ?? [];
  return lanes.map(({ samples }) => ({
    median: quantile(samples, 1 / 2),
    lowerQuartile: quantile(samples, 1 / 4),
    upperQuartile: quantile(samples, 3 / 4),
    ratio: quantile(
      samples.map((ms, round) => ms / (first[round] ?? Number.NaN)),
      1 / 2,
    ),
  }));
}

export function quantile(samples: readonly number[], part: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(part * sorted.length)] ?? Number.NaN;
}

/** Runs a race and prints medians and how they relate to the first. */
export async function run(race: Race): Promise<void> {
  const timings = await time(race);
  console.log(`\n${race.title}`);
  for (const [i, { median, ratio }] of timings.entries()) {
    const relation = i === 0 ? '' : `  takes ${ratio.toPrecision(2)} times as long`;
    console.log(`  ${race.contenders[i]?.name.padEnd(24)} ${formatMs(median)}${relation}`);
  }
}

/** What one needs to know of the machine and the run to read the figures and to repeat them. */
export function printCircumstances(
  libraries: Record<string, string>,
  figures = `medians of alternating rounds, ${MIN_ROUNDS} to ${MAX_ROUNDS} of them; one process`,
): void {
  const [, program = '', ...args] = process.argv;
  const versions = Object.entries({ node: process.version, v8: process.versions.v8, ...libraries });
  console.log(`machine   ${cpus()[0]?.model ?? 'unknown processor'}, ${cpus().length} processors`);
  console.log(`platform  ${process.platform} ${process.arch}`);
  console.log(`versions  ${versions.map((each) => each.join(' ')).join(', ')}, openssl ${process.versions.openssl}`);
  console.log(`command   node ${[...process.execArgv, relative('.', program), ...args].join(' ')}`);
  console.log(`figures   ${figures}`);
}

async function requireSameResults(title: string, contenders: readonly Contender[]): Promise<void> {
  const results = await Promise.all(contenders.map(({ run }) => run()));
  const texts = results.map((result) => (result instanceof Uint8Array ? Buffer.from(result).toString('hex') : result));
  const stranger = contenders.find((_, i) => texts[i] !== texts[0]);
  if (stranger) throw new Error(`${title}: ${stranger.name} gives another result than ${contenders[0]?.name}`);
}

/** So many calls that they take about BATCH_MS, after a warm-up, because V8 compiles anew what is called often. */
async function batchSize(contender: Contender): Promise<number> {
  let batch = 1;
  const start = performance.now();
  for (;;) {
    const ms = await timeMs(contender, batch);
    if (performance.now() - start > WARM_UP_MS) return Math.max(1, Math.round((batch * BATCH_MS) / ms));
    if (ms < BATCH_MS) batch *= 2;
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
