import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { makeKit, makeOpen } from './kit.js';

async function makeFilled(t: Parameters<typeof makeOpen>[0]) {
  const kit = await makeOpen(t);
  for (const name of ['b/c/d', 'b/c/e', 'b/f', 'bb', 'a']) {
    await kit.vault.set(parseKeyName(name), utf8('v'), { kind: 'raw' });
  }
  kit.journal.entries.splice(0);
  return kit;
}

t.test('keys and folders are offered one folder deep', async (t) => {
  const { vault, secretsDir } = await makeFilled(t);
  await vault.delete(parseKeyName('bb'));
  symlinkSync('b', join(secretsDir, 'link'));
  t.same(await vault.suggest(''), ['a', 'b/']);
  t.same(await vault.suggest('b'), ['b/']);
  t.same(await vault.suggest('b/'), ['b/c/', 'b/f']);
  t.same(await vault.suggest('b/c/d'), ['b/c/d']);
  for (const typed of ['c', 'a/', 'none/', '/', '../', '.', 'b//', 'b/.'])
    t.same(await vault.suggest(typed), [], typed);
  await t.rejects(vault.suggest('link/'), { code: 'misplaced' });
});

t.test('it demands the open gate, and leaves no trace', async (t) => {
  const { vault, home, journal, clock } = await makeFilled(t);
  const sentinel = () => readFileSync(join(home, '.secrets-unlocked'));
  const before = sentinel();
  clock.now += 1000;
  await vault.suggest('');
  t.same(sentinel(), before);
  clock.now += 86_400_000;
  await t.rejects(vault.suggest(''), { code: 'expired' });
  await vault.lock();
  journal.entries.splice(0);
  await t.rejects(vault.suggest(''), { code: 'locked' });
  t.same(journal.entries, []);
});

t.test('it waits for nobody, and there may be no vault', async (t) => {
  const { vault } = await makeFilled(t);
  const busy = makeKit(t, { exclusively: () => t.fail('took the lock') as never }, join(vault.layout.secretsDir, '..'));
  t.same(await busy.vault.suggest('b/f'), ['b/f']);
  await t.rejects(makeKit(t, undefined, t.testdir()).vault.suggest(''), { code: 'not_initialized' });
});

t.test('what is no secret is not offered', async (t) => {
  const { vault, secretsDir } = await makeFilled(t);
  writeFileSync(join(secretsDir, '.hidden'), '');
  writeFileSync(join(secretsDir, 'not a name'), '');
  t.same(await vault.suggest(''), ['a', 'b/', 'bb']);
});
