import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { withTemporaryFolder } from '../../lib/files/index.js';

t.test('a private folder that is gone afterwards, whatever happens', async (t) => {
  const used: string[] = [];
  const work = async (folder: string) => {
    used.push(folder);
    t.equal(statSync(folder).mode & 0o777, 0o700);
    mkdirSync(join(folder, 'a'));
    writeFileSync(join(folder, 'a', 'b'), 'x');
    return 'result';
  };
  t.equal(await withTemporaryFolder(work), 'result');
  await t.rejects(
    withTemporaryFolder(async (folder) => Promise.reject(new Error(await work(folder)))),
    /result/,
  );
  t.same(used.map(existsSync), [false, false]);
});
