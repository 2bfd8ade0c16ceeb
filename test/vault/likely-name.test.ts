import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { makeOpen } from './kit.js';

t.test('a name that no secret has: the error names the likely one', async (t) => {
  const { vault } = await makeOpen(t);
  const set = (name: string) => vault.set(parseKeyName(name), utf8('v'), { kind: 'raw' });
  for (const name of ['vigo/db/dsn', 'vigo/web/tls', 'gone', 'purged']) await set(name);
  await vault.delete(parseKeyName('gone'));
  await vault.purge(parseKeyName('purged'));
  for (const [typed, hint] of [
    ['vigo/db/dns', /vigo\/db\/dsn/],
    ['vigo/bd/dsn', /vigo\/db\/dsn/],
    ['tls', /vigo\/web\/tls/],
    ['db/dsn', /vigo\/db\/dsn/],
    ['vigo/web', /list vigo\/web/],
    ['gone', /rollback gone/],
    ['purged', /secrets list/],
    ['quite/another', /secrets list/],
  ] as const) {
    const key = parseKeyName(typed);
    const absent = { code: 'not_found', hint };
    await t.rejects(vault.reveal(key), absent, typed);
    await t.rejects(vault.delete(key), absent, typed);
    await t.rejects(vault.move(key, parseKeyName('new')), absent, typed);
    if (typed !== 'gone') await t.rejects(vault.purge(key), absent, typed);
  }
});

t.test('what a locked vault holds is told to nobody', async (t) => {
  const { vault } = await makeOpen(t);
  await vault.set(parseKeyName('vigo/db/dsn'), utf8('v'), { kind: 'raw' });
  await vault.lock();
  await t.rejects(vault.reveal(parseKeyName('vigo/db/dns')), { code: 'locked', hint: /unlock$/ });
});
