import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { decodeMasterKeyFile } from '../../lib/vault/format/master-key.js';
import { readServerKey } from '../../lib/vault/index.js';
import { describeVault, inOrder, makeOpen, openGate } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

t.test("everything is under a new key: values, versions, tombstones, the server's own keys", async (t) => {
  const { vault, secretsDir, journal, clock, reader } = await makeOpen(t);
  for (const value of ['one', 'two']) await vault.set(A, utf8(value), { kind: 'raw' });
  for (const value of ['x', 'y']) await vault.set(B, utf8(value), { kind: 'raw' });
  await vault.purge(B);
  const names = [A, B];
  const before = await describeVault(vault, names);
  const secrets = await reader();
  const versions = await secrets.versions();
  const policy = (await readServerKey(vault.layout, 'policy')).expose();
  const paths = ['a', '.versions/a/@1', '.versions/b/c/@2', '../keys/policy'].map((path) => join(secretsDir, path));
  const ids = () => paths.map((path) => readFileSync(path).toString('hex', 4, 12));
  const [oldId] = ids();
  const [oldKey] = decodeMasterKeyFile('', readFileSync(vault.layout.keyFile));
  journal.take();

  const progress: number[][] = [];
  const rekeyed = await vault.rekey({ onProgress: (...numbers) => progress.push(numbers) });
  t.same(rekeyed, { names: 3, resumed: false, unreadable: [] });
  t.same(progress, [[3, 3]]);
  t.same(journal.take(), [`vault.rekeyed intent ${secretsDir}`, `vault.rekeyed done ${secretsDir}`]);
  t.equal(new Set([...ids(), oldId]).size, 2);
  const keys = decodeMasterKeyFile('', readFileSync(vault.layout.keyFile));
  t.equal(keys.length, 1);
  t.notSame(keys[0], oldKey);
  await t.rejects(vault.list(), { code: 'locked' });
  t.same(await secrets.versions(), versions, 'no envoy has a reason to converge');
  t.same((await secrets.open(A)).value.expose(), utf8('two'), 'a server that was running goes on');
  await openGate(vault.layout, clock);
  t.same(await describeVault(vault, names), before);
  t.same((await readServerKey(vault.layout, 'policy')).expose(), policy);
});

t.test('a file that no key opens keeps the old key, is named, and can be left behind', async (t) => {
  const { vault, secretsDir, clock } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.set(B, utf8('two'), { kind: 'raw' });
  const path = join(secretsDir, 'b/c');
  const whole = readFileSync(path);
  writeFileSync(path, whole.subarray(0, -1));
  await t.rejects(vault.rekey(), { code: 'unreadable', message: /b\/c/ });
  t.equal(decodeMasterKeyFile('', readFileSync(vault.layout.keyFile)).length, 2);
  t.same((await vault.reveal(A)).expose(), utf8('one'), 'the gate stays open, and the rest is readable');

  writeFileSync(path, whole);
  t.same((await vault.reveal(B)).expose(), utf8('two'), 'mended, because the old key is there');
  writeFileSync(path, 'junk');
  t.match(await vault.rekey({ leaveUnreadable: true }), { resumed: true, unreadable: [path] });
  t.equal(decodeMasterKeyFile('', readFileSync(vault.layout.keyFile)).length, 1);
  await openGate(vault.layout, clock);
  await t.rejects(vault.reveal(B), { code: 'damaged' });
});

t.test('an older file that was put back stays one', async (t) => {
  const { vault, secretsDir, clock } = await makeOpen(t);
  for (const value of ['one', 'two', 'three']) await vault.set(A, utf8(value), { kind: 'raw' });
  writeFileSync(join(secretsDir, 'a'), readFileSync(join(secretsDir, '.versions/a/@1')));
  await vault.rekey();
  await openGate(vault.layout, clock);
  await t.rejects(vault.reveal(A), { code: 'version_mismatch' });
  t.same((await vault.reveal(A, { version: 2 })).expose(), utf8('two'), 'and no version is lost by it');
});

t.test('the current file is one under both its names afterwards, too, whatever it was before', async (t) => {
  const befores: Record<string, (current: string, kept: string) => void> = {
    'under both names': () => {},
    'under one name, as a crash leaves it': (_, kept) => rmSync(kept),
    'two copies, as a backup leaves it': (current, kept) => {
      rmSync(kept);
      copyFileSync(current, kept);
    },
  };
  for (const [what, prepare] of Object.entries(befores)) {
    const { vault, secretsDir, clock } = await makeOpen(t);
    for (const value of ['one', 'two']) await vault.set(A, utf8(value), { kind: 'raw' });
    await vault.set(B, utf8('x'), { kind: 'raw' });
    const [current, kept] = [join(secretsDir, 'a'), join(secretsDir, '.versions/a/@2')];
    prepare(current, kept);
    await vault.rekey();
    t.equal(statSync(current).ino, statSync(kept).ino, what);
    t.notOk(existsSync(join(secretsDir, '.versions/b')), 'a first version needs no second name');
    await openGate(vault.layout, clock);
    t.same(await describeVault(vault, [A]), { a: ['*2 two', '1 one'] }, what);
    t.equal(await vault.set(A, utf8('three'), { kind: 'raw' }), 3);
  }
});

t.test('what is no secret is named or left alone', async (t) => {
  const { vault, secretsDir, clock } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  mkdirSync(join(secretsDir, '.hidden'));
  writeFileSync(join(secretsDir, '.hidden/a'), readFileSync(join(secretsDir, 'a')));
  symlinkSync('a', join(secretsDir, 'link'));
  await t.rejects(vault.rekey(), { code: 'misplaced' });
  rmSync(join(secretsDir, 'link'));
  t.match(await vault.rekey(), { resumed: true });
  await openGate(vault.layout, clock);
  t.same(await describeVault(vault, [A]), { a: ['*1 one'] });
});

t.test('many names: turn by turn, and others write in between', async (t) => {
  // In order, so that the last of the writes are done before the gate is closed.
  const { vault, clock } = await makeOpen(t, inOrder());
  const names = Array.from({ length: 150 }, (_, i) => parseKeyName(`many/${i}`));
  for (const name of names) await vault.set(name, utf8(name), { kind: 'raw' });
  const progress: number[][] = [];
  const writing: Promise<unknown>[] = [];
  await vault.rekey({
    onProgress(done, total) {
      progress.push([done, total]);
      writing.push(
        vault.set(names[0] ?? A, utf8(`${done}`), { kind: 'raw' }),
        vault.delete(names[progress.length] ?? A),
      );
    },
  });
  await Promise.all(writing);
  t.same(progress[0], [64, 151]);
  t.same(progress.at(-1), [151, 151]);
  await openGate(vault.layout, clock);
  t.same((await vault.reveal(names[0] ?? A)).expose(), utf8('151'));
  const after = await describeVault(vault, names);
  for (const [name, versions] of Object.entries(after)) t.match(versions.at(-1), `1 ${name}`);
});

t.test('a file that comes back while it runs, as from a backup, is found before the old key is dropped', async (t) => {
  const { vault, secretsDir, clock } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  const path = join(secretsDir, 'a');
  const old = readFileSync(path);
  let turns = 0;
  await vault.rekey({
    onProgress() {
      if (++turns === 1) writeFileSync(path, old);
    },
  });
  t.equal(turns, 2, 'it went round once more');
  await openGate(vault.layout, clock);
  t.same((await vault.reveal(A)).expose(), utf8('one'));
});
