import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { linkAll, writeFileAtomic } from '../../lib/files/index.js';

t.test('second names that keep what the first ones had', async (t) => {
  const dir = t.testdir({ a: 'one', b: 'two', links: { left: '' } });
  const paths = [join(dir, 'a'), join(dir, 'b')];
  const links = await linkAll(paths, join(dir, 'links'));
  t.same(links, [join(dir, 'links/0'), join(dir, 'links/1')]);
  t.equal(statSync(join(dir, 'links')).mode & 0o777, 0o700);
  for (const path of paths) await writeFileAtomic(path, Buffer.from('new'), { mode: 0o600 });
  t.same(
    links.map((link) => readFileSync(link, 'utf8')),
    ['one', 'two'],
  );
  t.same(readdirSync(join(dir, 'links')).sort(), ['0', '1']);
});

t.test('a link or a folder is refused, and named', async (t) => {
  const dir = t.testdir({ folder: {} });
  writeFileSync(join(dir, 'a'), '');
  symlinkSync('a', join(dir, 'link'));
  for (const name of ['link', 'folder']) {
    await t.rejects(linkAll([join(dir, name)], join(dir, 'links')), { code: 'not_regular', path: join(dir, name) });
  }
  await t.rejects(linkAll([join(dir, 'b')], join(dir, 'links')), { code: 'not_found' });
});
