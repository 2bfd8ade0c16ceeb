import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';
import { chooseKernel } from '../../lib/crypto/aes/builds.js';
import type { EmbeddedModule } from '../../lib/crypto/embedded-module.js';
import * as scalar from '../../lib/gen/wasm/aes-256-gcm-scalar.js';
import * as simd from '../../lib/gen/wasm/aes-256-gcm-simd.js';

function pinned(bytes: Buffer): EmbeddedModule {
  return { base64: bytes.toString('base64'), sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** A build that starts and computes wrongly: its S-box adds 0x62 to one byte in four instead of 0x63. */
function miscomputing({ base64 }: EmbeddedModule): EmbeddedModule {
  const bytes = Buffer.from(base64, 'base64');
  const constant = Buffer.from([0x41, 0xe3, 0xc6, 0x8d, 0x9b, 0x06]); // i32.const 0x63636363
  bytes.writeUInt8(0xe2, bytes.indexOf(constant) + 1);
  return pinned(bytes);
}

/** A module of an instruction that no machine has. */
const foreign = pinned(Buffer.from('0061736d01000000010401600000030201000a05010300ff0b', 'hex'));

t.test('a fast build that the machine lacks the instructions for is passed over, and that is said', async (t) => {
  t.strictSame(chooseKernel(foreign).info, { build: 'scalar', sha256: scalar.sha256, fallback: 'no_simd' });
});

t.test('a fast build that gives wrong answers is passed over, and that is said', async (t) => {
  const expected = { build: 'scalar', sha256: scalar.sha256, fallback: 'self_test' };
  t.strictSame(chooseKernel(miscomputing(scalar)).info, expected);
});

t.test('where nothing gives the known answers, nothing is used', async (t) => {
  const failed = { name: 'CryptoError', code: 'self_test' };
  t.throws(() => chooseKernel(foreign, miscomputing(scalar)), failed);
  t.throws(() => chooseKernel(foreign, foreign), failed);
  t.throws(() => chooseKernel({ ...simd, sha256: scalar.sha256 }), failed);
});

/** What a process of its own with these flags says. */
async function runWith(...flags: string[]): Promise<unknown> {
  const program = fileURLToPath(new URL('run-kernels.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...process.execArgv, ...flags, program]);
  return JSON.parse(stdout);
}

const fast = { kernel: { build: 'simd', sha256: simd.sha256 }, builds: ['scalar', 'simd'].map(exact) };
const slow = { kernel: { build: 'scalar', sha256: scalar.sha256, fallback: 'no_simd' }, builds: [exact('scalar')] };

function exact(build: string): { build: string; different: number } {
  return { build, different: 0 };
}

t.test('on x64', { skip: process.arch === 'x64' ? false : 'the switches are of x64' }, async (t) => {
  const runs: [flags: string[], expected: unknown][] = [
    [['--liftoff-only'], fast],
    [['--no-liftoff'], fast],
    // V8 11.3 and 12.4 miscompile i8x16.swizzle without AVX where its first operand is a local that lives on.
    [['--no-enable-avx', '--liftoff-only'], fast],
    [['--no-enable-avx', '--no-liftoff'], fast],
    [['--no-enable-sse4-1'], slow],
    [['--jitless'], { code: 'unsupported' }],
  ];
  for (const [flags, expected] of runs) t.strictSame(await runWith(...flags), expected, flags.join(' '));
});
