import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { crashAt } from './crash-point.js';
import { describeVault, makeOpen, noLock } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

t.test('versions go along behind those that the new name had, and the old name tells where', async (t) => {
  const { vault, journal } = await makeOpen(t);
  for (const value of ['x', 'y']) await vault.set(B, utf8(value), { kind: 'raw' });
  await vault.delete(B);
  for (const value of ['one', 'two']) await vault.set(A, utf8(value), { kind: 'raw' });
  await vault.rollback(A);
  journal.entries.splice(0);
  t.equal(await vault.move(A, B), 5);
  t.same(
    journal.entries.map(({ action, outcome, subject, detail }) => [action, outcome, subject, detail]),
    [
      ['secret.moved', 'intent', 'a', { to: 'b/c' }],
      ['secret.moved', 'done', 'a', { to: 'b/c', version: 5 }],
    ],
  );
  t.same(await describeVault(vault, [A, B]), {
    a: ['gone 3'],
    'b/c': ['*5 one', '4 two', '3 one', '2 y', '1 x'],
  });
  t.match((await vault.history(A)).gone, { version: 3, movedTo: 'b/c', by: 'root@test' });
  t.match((await vault.history(B)).versions[0], { restoredFrom: 3 }, 'and says so with the new number');
  t.equal(await vault.move(B, A), 8, 'back again, under new numbers');
  for (let i = 0; i < 20; i++) await vault.move(...((i % 2 === 0 ? [A, B] : [B, A]) as [typeof A, typeof A]));
  t.match((await vault.history(A)).versions[0], { version: 58 }, 'numbers grow by what there is, not by themselves');
});

t.test('what stands in the way', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await t.rejects(vault.move(A, B), { code: 'not_found' });
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.set(B, utf8('two'), { kind: 'raw' });
  await t.rejects(vault.move(A, B), { code: 'exists' });
  await t.rejects(vault.move(A, A), { code: 'exists' });
  await t.rejects(vault.move(A, parseKeyName('a/b')), { code: 'name_conflict' });
  await t.rejects(vault.move(A, parseKeyName('b')), { code: 'name_conflict' });
  await vault.set(A, utf8('two'), { kind: 'raw' });
  writeFileSync(join(secretsDir, '.versions/a/@1'), 'junk');
  const before = await describeVault(vault, [A, B]);
  const to = parseKeyName('new');
  await t.rejects(vault.move(A, to), { code: 'damaged' });
  t.same(await describeVault(vault, [A, B, to]), { ...before, new: ['not_found'] });
  t.notOk(existsSync(join(secretsDir, '.move')), 'it was undone');
});

t.test('an order to move that somebody forged, or put back, moves nothing', async (t) => {
  const { vault, secretsDir } = await makeOpen(t, noLock);
  const order = join(secretsDir, '.move');
  for (const value of ['one', 'two']) await vault.set(A, utf8(value), { kind: 'raw' });
  let bytes: Buffer | undefined;
  for (let step = 1; bytes === undefined; step++) {
    await crashAt(step, () => vault.move(A, B));
    if (existsSync(order)) bytes = readFileSync(order);
    await vault.list();
  }
  t.same(await describeVault(vault, [A, B]), { a: ['*2 two', '1 one'], 'b/c': ['not_found'] });
  t.equal(await vault.move(A, B), 2);
  await vault.set(A, utf8('new'), { kind: 'raw' });
  await vault.set(B, utf8('later'), { kind: 'raw' });
  const before = await describeVault(vault, [A, B]);
  writeFileSync(order, bytes, { mode: 0o600 });
  t.same(await describeVault(vault, [A, B]), before, 'an old one is forgotten');
  t.notOk(existsSync(order));

  for (let at = 0; at < bytes.length; at += 7) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    writeFileSync(order, altered, { mode: 0o600 });
    t.equal(await vault.list().catch((error) => error.kind), 'corrupt', `byte ${at}`);
  }
  writeFileSync(order, readFileSync(join(secretsDir, 'a')));
  await t.rejects(vault.list(), { code: 'forged' });
});
