import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { removeUnfinished, temporaryPath } from '../../lib/files/index.js';

t.test('removes what was left unfinished, and nothing else', async (t) => {
  const dir = t.testdir({ finished: 'a', below: {} });
  const [file, folder, link, below] = [dir, dir, dir, join(dir, 'below')].map(temporaryPath) as [
    string,
    string,
    string,
    string,
  ];
  for (const path of [file, below]) writeFileSync(path, 'half a sec');
  mkdirSync(folder);
  writeFileSync(join(folder, 'of-somebody'), 'c');
  const empty = temporaryPath(dir);
  mkdirSync(join(empty, basename(empty)), { recursive: true });
  symlinkSync('finished', link);
  writeFileSync(join(dir, '.vigo-tmp-of-somebody'), 'b');

  await removeUnfinished(dir);
  const left = ['.vigo-tmp-of-somebody', basename(folder), basename(link), 'below', 'finished'];
  t.same(readdirSync(dir).sort(), left.sort());
  t.same(readdirSync(join(dir, 'below')), [basename(below)]);
});

t.test('a folder that is not there has nothing to remove', async (t) => {
  await removeUnfinished(join(t.testdir({}), 'none'));
  t.pass();
});
