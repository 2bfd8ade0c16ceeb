import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { bundle } from './bundle.js';
import type { VectorRun } from './run-vectors.js';

const program = join(t.testdir(), 'vectors.mjs');
await bundle(fileURLToPath(new URL('../..', import.meta.url)), 'test/crypto/run-vectors.ts', program);

/** Every published vector through every path, in a process with these flags. */
async function runWith(flags: string[]): Promise<VectorRun> {
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, program], { maxBuffer: 2 ** 26 });
  return JSON.parse(stdout);
}

const SIMD = { build: 'simd' };
const SCALAR = { build: 'scalar', fallback: 'no_simd' };

/** V8's compilers alone and together, and the instruction sets that change what they make of the kernel. */
const runs: [flags: string[], kernel: { build: string; fallback?: string }][] =
  process.arch === 'x64'
    ? [
        [[], SIMD],
        [['--liftoff-only'], SIMD],
        [['--no-liftoff'], SIMD],
        // V8 11.3 and 12.4 miscompile i8x16.swizzle without AVX where its first operand is a local that lives on.
        [['--no-enable-avx', '--liftoff-only'], SIMD],
        [['--no-enable-avx', '--no-liftoff'], SIMD],
        [['--no-enable-sse4-1'], SCALAR],
      ]
    : [
        [[], SIMD],
        [['--liftoff-only'], SIMD],
        [['--no-liftoff'], SIMD],
      ];

const digests = new Map<string, string>();

for (const [flags, expected] of runs) {
  t.test(`every published vector through every path: node ${flags.join(' ')}`, async (t) => {
    const run = await runWith(flags);
    if (!('paths' in run)) throw new Error(`it says ${run.code}`);
    t.match(run.kernel, expected);
    t.equal(run.kernel.fallback, expected.fallback);
    const builds = expected.build === 'simd' ? ['scalar', 'simd'] : ['scalar'];
    const sealing = run.paths.filter(({ primitive }) => primitive === 'AES-256-GCM seal');
    t.strictSame([...new Set(sealing.map(({ path }) => path.replace(/,.*/, '')))], builds);
    t.equal(new Set(run.paths.map(({ primitive }) => primitive)).size, 9);
    for (const { primitive, path, cases, wrong, digest } of run.paths) {
      t.ok(cases > 10, `${primitive}, ${path}: ${cases} cases`);
      t.strictSame(wrong, [], `${primitive}, ${path}`);
      // All ways into a primitive give the same, in every process.
      t.equal(digest, digests.get(primitive) ?? digest, `${primitive}, ${path}`);
      digests.set(primitive, digest);
    }
  });
}

t.test('without WebAssembly nothing is computed', async (t) => {
  t.strictSame(await runWith(['--jitless']), { code: 'unsupported' });
});
