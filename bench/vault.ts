// The vault's verbs, with the programs' own lock and audit log, beside what the same files cost without any vault: one process,
// taking turns. Then whole processes beside `ansible-vault view`, `age -d` and `pass show`.
//   node dist/bench/vault.mjs [folder on the disk to measure, that of temporary files unless given] [sizes, 1,1000,100000]
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyName, utf8 } from '../lib/base/index.js';
import { BareFiles } from './bare-files.js';
import { fillVault, PASSPHRASE } from './filled-vault.js';
import { printCircumstances } from './measure.js';
import { raceProcesses } from './vault-processes.js';

interface Verb {
  readonly name: string;
  readonly rounds: number;
  readonly vigo: (round: number) => Promise<unknown>;
  readonly bare: (round: number) => unknown;
  /** What isn't timed, after each round. */
  readonly after?: () => Promise<unknown>;
}

const ROUNDS = 31;
const KEY = parseKeyName('bench/changed-again-and-again');

async function measure(folder: string, count: number): Promise<string[][]> {
  const { vault, names, root, close } = await fillVault(join(folder, String(count)), count);
  const bare = new BareFiles(root);
  const nameOf = (round: number) => names[(round * 7919) % names.length] ?? KEY;
  const verbs: Verb[] = [
    {
      name: 'reveal',
      rounds: ROUNDS,
      vigo: async (round) => (await vault.reveal(nameOf(round))).dispose(),
      bare: (round) => bare.reveal(nameOf(round)),
    },
    {
      name: 'list',
      rounds: count > 10_000 ? 5 : ROUNDS,
      vigo: () => vault.list(),
      bare: () => bare.list(),
    },
    {
      name: 'rekey',
      rounds: count > 10_000 ? 1 : 5,
      vigo: () => vault.rekey(),
      bare: () => bare.rekey(),
      after: () => vault.unlock(PASSPHRASE),
    },
    {
      name: 'set',
      rounds: ROUNDS,
      vigo: () => vault.set(KEY, utf8('another value'), { kind: 'raw' }),
      bare: () => bare.set(),
    },
  ];
  execFileSync('sync'); // what was put there isn't flushed at the cost of the first verb
  const rows: string[][] = [];
  for (const verb of verbs) rows.push([String(count), verb.name, ...(await race(verb))]);
  bare.close();
  await close();
  return rows;
}

async function race({ rounds, vigo, bare, after }: Verb): Promise<string[]> {
  const times: { vigo: number; bare: number }[] = [];
  for (let round = 0; round <= rounds; round++) {
    const ours = await timeMs(() => vigo(round));
    await after?.();
    const theirs = await timeMs(() => bare(round));
    // The first round warms up, where there are others.
    if (round > 0 || rounds === 1) times.push({ vigo: ours, bare: theirs });
    if (rounds === 1) break;
  }
  const [ours, theirs] = [median(times.map(({ vigo }) => vigo)), median(times.map(({ bare }) => bare))];
  const ratio = median(times.map(({ vigo, bare }) => vigo / bare));
  return [formatMs(ours), (1000 / ours).toPrecision(3), formatMs(theirs), ratio.toFixed(2)];
}

async function timeMs(work: () => unknown): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function formatMs(ms: number): string {
  return ms >= 1000 ? `${(ms / 1000).toFixed(2)} s` : `${ms.toPrecision(3)} ms`;
}

function printTable(rows: readonly (readonly string[])[]): void {
  for (const row of rows) console.log(`| ${row.join(' | ')} |`);
}

const folder = mkdtempSync(join(process.argv[2] ?? tmpdir(), 'vigo-bench-vault-'));
const sizes = (process.argv[3] ?? '1,1000,100000').split(',').map(Number);
try {
  printCircumstances({});
  console.log('          bare: the same files, flushes, renames and links, and nothing else\n');
  printTable([
    ['secrets', 'verb', 'vigo, median', 'per second', 'bare, median', 'vigo / bare'],
    ['---:', '---', '---:', '---:', '---:', '---:'],
  ]);
  for (const size of sizes) printTable(await measure(folder, size));
  console.log();
  printTable(await raceProcesses(folder));
} finally {
  rmSync(folder, { recursive: true });
}
