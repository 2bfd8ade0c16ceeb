import { existsSync, mkdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import t from 'tap';
import { memoryRoots } from '../../lib/files/atomic/scratch.js';
import { makeTemporaryFolder } from '../../lib/files/index.js';

t.test('a private folder that goes with all that is in it', async (t) => {
  const { path, remove } = await makeTemporaryFolder(100);
  t.equal(statSync(path).mode & 0o777, 0o700);
  mkdirSync(join(path, 'a'));
  writeFileSync(join(path, 'a', 'b'), 'x');
  await remove();
  t.notOk(existsSync(path));
});

t.test('in memory, unless there is no room', async (t) => {
  const small = await makeTemporaryFolder(1);
  const large = await makeTemporaryFolder(Number.MAX_SAFE_INTEGER);
  t.teardown(() => Promise.all([small.remove(), large.remove()]));
  if (memoryRoots().length > 0) t.equal(statfsSync(small.path).type, 0x01021994);
  t.notOk(memoryRoots().includes(dirname(large.path)));
});
