import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { linkFile, moveFile, removeFile, swapLink } from '../../lib/files/index.js';

t.test('moveFile replaces', async (t) => {
  const dir = t.testdir({ from: { a: 'new' }, to: { a: 'old' } });
  await moveFile(join(dir, 'from/a'), join(dir, 'to/a'));
  t.equal(readFileSync(join(dir, 'to/a'), 'utf8'), 'new');
  t.notOk(existsSync(join(dir, 'from/a')));
  await t.rejects(moveFile(join(dir, 'from/a'), join(dir, 'to/a')), { code: 'not_found' });
});

t.test("linkFile doesn't", async (t) => {
  const dir = t.testdir({ a: 'one', b: 'two' });
  await linkFile(join(dir, 'a'), join(dir, 'c'));
  t.equal(lstatSync(join(dir, 'c')).ino, lstatSync(join(dir, 'a')).ino);
  await t.rejects(linkFile(join(dir, 'a'), join(dir, 'b')), { code: 'exists' });
  t.equal(readFileSync(join(dir, 'b'), 'utf8'), 'two');
});

t.test('removeFile', async (t) => {
  const dir = t.testdir({ a: '' });
  await removeFile(join(dir, 'a'));
  await t.rejects(removeFile(join(dir, 'a')), { code: 'not_found' });
});

t.test('swapLink makes and replaces a link, and nothing else', async (t) => {
  const dir = t.testdir({ folder: {} });
  await swapLink(join(dir, 'live'), 'v1');
  await swapLink(join(dir, 'live'), 'v2');
  t.equal(readlinkSync(join(dir, 'live')), 'v2');
  await t.rejects(swapLink(join(dir, 'folder'), 'v2'), { code: 'not_regular' });
  t.same(readdirSync(dir).sort(), ['folder', 'live']);
});
