import { execFileSync, spawn } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fromUtf8 } from '../../lib/base/index.js';
import { readInput } from '../../lib/files/index.js';

t.test('reads a file, and a pipe to its end', async (t) => {
  const dir = t.testdir({ file: 'a value' });
  t.equal(fromUtf8(await readInput(join(dir, 'file'), 7)), 'a value');
  const pipe = join(dir, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const writer = spawn('sh', ['-c', `(printf one; sleep 0.1; printf two) > ${pipe}`]);
  t.equal(fromUtf8(await readInput(pipe, 100, { private: true })), 'onetwo', 'whatever its mode');
  writer.kill();
});

t.test('refuses a folder, a file that others can read, and more than it may have', async (t) => {
  const dir = t.testdir({ file: 'a value' });
  const file = join(dir, 'file');
  await t.rejects(readInput(file, 6), { code: 'too_large' });
  await t.rejects(readInput('/dev/zero', 1000), { code: 'too_large' }, 'of what never ends');
  await t.rejects(readInput(dir, 10), { code: 'not_regular' });
  await t.rejects(readInput(join(dir, 'none'), 10), { code: 'not_found' });
  chmodSync(file, 0o644);
  await t.rejects(readInput(file, 10, { private: true }), { code: 'not_private' });
});
