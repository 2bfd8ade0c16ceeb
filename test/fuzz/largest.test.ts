import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import t from 'tap';

/** Of JavaScript objects; V8 ends a process that needs more. */
const HEAP_MIB = 192;

t.test('what is as large as it may be takes no more memory than there is, and ends', async (t) => {
  const program = join(t.testdir(), 'read-largest.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('read-largest.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  });
  const args = [`--max-old-space-size=${HEAP_MIB}`, program];
  const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 20 });
  t.ok(stdout.split('\n').length > 40, 'each was read or refused');
});
