import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { makeOpen } from './kit.js';

const key = parseKeyName;

t.test('names, versions, kinds and expiry, at or below a name', async (t) => {
  const { vault, clock } = await makeOpen(t);
  for (const name of ['b/c', 'b/a', 'bb', 'a']) await vault.set(key(name), utf8('v'), { kind: 'raw' });
  await vault.set(key('a'), utf8('w'), { kind: 'raw', expiresMs: clock.now + 1 });
  const about = { version: 1, kind: 'raw', createdMs: clock.now, expiresMs: undefined };
  t.same(await vault.list(), [
    { name: 'a', about: { ...about, version: 2, expiresMs: clock.now + 1 } },
    { name: 'b/a', about },
    { name: 'b/c', about },
    { name: 'bb', about },
  ]);
  const names = async (prefix: string) => (await vault.list(key(prefix))).map(({ name }) => name);
  t.same(await names('b'), ['b/a', 'b/c']);
  t.same(await names('b/c'), ['b/c']);
  t.same(await names('b/c/d'), []);
  t.same(await names('none'), []);
});

t.test('a file that is none of a secret is listed as such; nothing is listed through a link', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  writeFileSync(join(secretsDir, 'junk'), 'junk');
  symlinkSync('..', join(secretsDir, 'link'));
  t.same(await vault.list(), [{ name: 'junk', problem: 'damaged', about: undefined }]);
  await t.rejects(vault.list(key('link')), { code: 'misplaced' });
});

t.test('what is no version among the versions ends no list', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  for (const value of ['v', 'w']) await vault.set(key('a'), utf8(value), { kind: 'raw' });
  writeFileSync(join(secretsDir, '.versions/stray'), '');
  symlinkSync('.', join(secretsDir, '.versions/loop'));
  t.equal((await vault.list()).length, 1);
  t.same(await vault.list(key('stray')), []);
});
