// Runs every published vector, and `vigocli bench`, on x64, arm64 and armv7: on the processor where this machine has it,
// else in qemu's emulation. Says which, and whether all machines gave the same results.
//   node bench/arch/run.mjs [--fetch] [--vectors] [--libraries] [--quick] [--json]
// --fetch downloads what is missing, about 350 MB, to ~/.cache/vigo-arch (1 GB unpacked); --vectors leaves the benchmark out,
// --libraries measures the libraries that the core could be made of instead, and runs no vectors; --quick makes the benchmark
// short; --json prints the results of the vectors, and no benchmark.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { fetchMissing } from './fetch.mjs';
import { describe, isEmulated, machines, startOf } from './machines.mjs';

const { values: flags } = parseArgs({
  options: {
    fetch: { type: 'boolean' },
    vectors: { type: 'boolean' },
    libraries: { type: 'boolean' },
    quick: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});
const root = fileURLToPath(new URL('../..', import.meta.url));
// Where the bundles find the packages that they are compared with.
mkdirSync(join(root, 'dist'), { recursive: true });
const folder = mkdtempSync(join(root, 'dist/arch-'));
try {
  if (flags.fetch) fetchMissing();
  await bundlePrograms();
  const runs = machines.map((machine) => ({ machine, how: describe(machine), ...startOf(machine) }));
  if (!flags.libraries) compareVectors(runs.map(runVectors));
  if (!flags.vectors && !flags.json)
    runs.filter(({ machine, command }) => machine.isMeasured && command).forEach(measure);
} finally {
  rmSync(folder, { recursive: true });
}

async function bundlePrograms() {
  await build({
    entryPoints: {
      vectors: join(root, 'test/crypto/run-vectors.ts'),
      vigocli: join(root, 'bin/vigocli.ts'),
      libraries: join(root, 'bench/crypto.ts'),
    },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['better-sqlite3', '@noble/*'],
    banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
}

/** One machine's results: how many, which were wrong, and a digest over all of them. */
function runVectors({ machine: { name, node }, how, command, missing }) {
  if (missing !== undefined) return { name, missing };
  console.error(`${name}: vectors`);
  const [program, ...args] = command;
  const start = performance.now();
  const output = execFileSync(program, [...args, join(folder, 'vectors.mjs')], {
    maxBuffer: 2 ** 26,
    encoding: 'utf8',
  });
  const { kernel, paths } = JSON.parse(output);
  // The same for every path into a primitive, so it doesn't matter which builds of the kernel this machine runs.
  const perPrimitive = new Set(paths.map(({ primitive, digest }) => `${primitive} ${digest}\n`));
  return {
    name,
    node,
    how,
    kernel: kernel.build,
    results: paths.reduce((sum, { cases }) => sum + cases, 0),
    wrong: paths.flatMap(({ primitive, path, wrong }) => wrong.map((each) => `${primitive}, ${path}: ${each}`)),
    digest: createHash('sha256')
      .update([...perPrimitive].sort().join(''))
      .digest('hex'),
    seconds: (performance.now() - start) / 1000,
  };
}

function compareVectors(results) {
  if (flags.json) console.log(JSON.stringify(results));
  else printVectors(results);
  const digests = new Set(results.flatMap(({ digest }) => digest ?? []));
  if (digests.size !== 1 || results.some(({ wrong }) => wrong?.length > 0)) process.exitCode = 1;
}

function printVectors(results) {
  console.log(
    `${['machine'.padEnd(26), 'Node'.padEnd(9), 'kernel', 'results', 'wrong', 'digest'.padEnd(16)].join('  ')}  run on`,
  );
  for (const { name, node, how, kernel, results: count, wrong, digest, missing } of results) {
    if (missing !== undefined) console.log(`${name.padEnd(26)}  not run: ${missing} is missing; --fetch downloads it`);
    else {
      const figures = [String(count).padStart(7), String(wrong.length).padStart(5), digest.slice(0, 16)];
      console.log([name.padEnd(26), node.padEnd(9), kernel.padEnd(6), ...figures, how].join('  '));
    }
    for (const each of wrong?.slice(0, 5) ?? []) console.log(`  wrong: ${each}`);
  }
  const digests = new Set(results.flatMap(({ digest }) => digest ?? []));
  const ran = results.filter(({ digest }) => digest !== undefined).length;
  console.log(digests.size === 1 ? `\nthe same results on all ${ran}` : '\nTHE RESULTS DIFFER');
}

/** The benchmark on one machine. It starts itself again, which an emulated process can't do without help. */
function measure({ machine, how, command }) {
  console.log(
    `\n${machine.name}, ${how}${isEmulated(machine) ? ': figures relate to each other, to no real machine' : ''}\n`,
  );
  const starter = join(folder, `node-${machine.arch}`);
  writeFileSync(starter, `#!/bin/sh\nexec ${command.map((each) => `'${each}'`).join(' ')} "$@"\n`);
  chmodSync(starter, 0o755);
  const preload = join(folder, `${machine.arch}.cjs`);
  writeFileSync(preload, `process.execPath = ${JSON.stringify(starter)};\n`);
  const program = flags.libraries
    ? [join(folder, 'libraries.mjs'), 'argon2id', 'sha-256', 'hmac-sha-256']
    : [join(folder, 'vigocli.mjs'), 'bench', ...(flags.quick ? ['--quick'] : [])];
  const { status } = spawnSync(starter, ['-r', preload, ...program], { stdio: ['ignore', 'inherit', 'inherit'] });
  if (status !== 0) process.exitCode = 1;
}
