import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fromUtf8, parseKeyName, utf8 } from '../../lib/base/index.js';
import type { Vault } from '../../lib/vault/index.js';
import { describeVault, makeOpen } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

async function setAll(vault: Vault, key: typeof A, ...values: string[]): Promise<void> {
  for (const value of values) await vault.set(key, utf8(value), { kind: 'raw' });
}

async function shown(vault: Vault, key: typeof A): Promise<string[]> {
  return (await describeVault(vault, [key]))[key] ?? [];
}

t.test("a key's life: every state × every verb that changes it", async (t) => {
  const states: Record<string, (vault: Vault) => Promise<unknown>> = {
    none: async () => {},
    one: (vault) => setAll(vault, A, 'one'),
    two: (vault) => setAll(vault, A, 'one', 'two'),
    deleted: async (vault) => {
      await setAll(vault, A, 'one', 'two');
      await vault.delete(A);
    },
    purged: async (vault) => {
      await setAll(vault, A, 'one', 'two');
      await vault.purge(A);
    },
    moved: async (vault) => {
      await setAll(vault, A, 'one', 'two');
      await vault.move(A, B);
    },
  };
  const verbs: Record<string, (vault: Vault) => Promise<unknown>> = {
    set: (vault) => setAll(vault, A, 'new'),
    rollback: (vault) => vault.rollback(A),
    'rollback to 1': (vault) => vault.rollback(A, { to: 1 }),
    'rollback to 9': (vault) => vault.rollback(A, { to: 9 }),
    delete: (vault) => vault.delete(A),
    purge: (vault) => vault.purge(A),
    move: (vault) => vault.move(A, parseKeyName('elsewhere')),
  };
  const expected: Record<string, Record<string, string | string[]>> = {
    none: { set: ['*1 new'] },
    one: {
      set: ['*2 new', '1 one'],
      'rollback to 1': ['*2 one', '1 one'],
      delete: ['1 one'],
      purge: ['gone 1'],
      move: ['gone 1'],
    },
    two: {
      set: ['*3 new', '2 two', '1 one'],
      rollback: ['*3 one', '2 two', '1 one'],
      'rollback to 1': ['*3 one', '2 two', '1 one'],
      delete: ['2 two', '1 one'],
      purge: ['gone 2'],
      move: ['gone 2'],
    },
    deleted: {
      set: ['*3 new', '2 two', '1 one'],
      rollback: ['*3 two', '2 two', '1 one'],
      'rollback to 1': ['*3 one', '2 two', '1 one'],
      purge: ['gone 2'],
    },
    purged: { set: ['gone 2', '*3 new'] },
    moved: { set: ['gone 2', '*3 new'] },
  };
  for (const [state, enter] of Object.entries(states)) {
    for (const [verb, run] of Object.entries(verbs)) {
      const { vault } = await makeOpen(t);
      await enter(vault);
      const before = await shown(vault, A);
      const outcome = await run(vault).then(
        () => shown(vault, A),
        (error) => error.code as string,
      );
      t.same(outcome, expected[state]?.[verb] ?? 'not_found', `${state}: ${verb}`);
      if (typeof outcome === 'string') t.same(await shown(vault, A), before, `${state}: ${verb} changed nothing`);
    }
  }
});

t.test("a key's life: every state × every verb that reads or makes it", async (t) => {
  const states: Record<string, (vault: Vault) => Promise<unknown>> = {
    none: async () => {},
    two: (vault) => setAll(vault, A, 'one', 'two'),
    deleted: (vault) => setAll(vault, A, 'one', 'two').then(() => vault.delete(A)),
    purged: (vault) => setAll(vault, A, 'one', 'two').then(() => vault.purge(A)),
    moved: (vault) => setAll(vault, A, 'one', 'two').then(() => vault.move(A, B)),
    'set again': (vault) =>
      setAll(vault, A, 'one', 'two')
        .then(() => vault.purge(A))
        .then(() => setAll(vault, A, 'new')),
  };
  const verbs: Record<string, (vault: Vault) => Promise<unknown>> = {
    reveal: async (vault) => fromUtf8((await vault.reveal(A)).expose()),
    'reveal 1': async (vault) => fromUtf8((await vault.reveal(A, { version: 1 })).expose()),
    history: async (vault) => (await vault.history(A)).versions.length,
    list: async (vault) => (await vault.list()).map(({ name }) => name).join(),
    suggest: async (vault) => (await vault.suggest('')).join(),
    generate: (vault) => vault.generate(A, {}),
    'set if there is none': (vault) => vault.set(A, utf8('x'), { kind: 'raw', ifVersion: 0 }),
  };
  const expected: Record<string, Record<string, string | number>> = {
    none: { list: '', suggest: '', generate: 1, 'set if there is none': 1 },
    two: { reveal: 'two', 'reveal 1': 'one', history: 2, list: 'a', suggest: 'a', generate: 3 },
    deleted: { 'reveal 1': 'one', history: 2, list: '', suggest: '', generate: 3, 'set if there is none': 3 },
    purged: { history: 0, list: '', suggest: '', generate: 3, 'set if there is none': 3 },
    moved: { history: 0, list: 'b/c', suggest: 'b/', generate: 3, 'set if there is none': 3 },
    'set again': { reveal: 'new', history: 1, list: 'a', suggest: 'a', generate: 4 },
  };
  for (const [state, enter] of Object.entries(states)) {
    for (const [verb, run] of Object.entries(verbs)) {
      const { vault } = await makeOpen(t);
      await enter(vault);
      const outcome = await run(vault).catch((error) => error.code as string);
      const refused = verb === 'set if there is none' ? 'version_conflict' : 'not_found';
      t.equal(outcome, expected[state]?.[verb] ?? refused, `${state}: ${verb}`);
    }
  }
});

t.test('what history tells, and how it is recorded', async (t) => {
  const { vault, journal, clock } = await makeOpen(t);
  const expiresMs = clock.now + 1000;
  await vault.set(A, utf8('one'), { kind: 'raw' });
  clock.now += 5;
  await vault.set(A, utf8('Str0ng & long enough'), { kind: 'password', expiresMs });
  await vault.rollback(A);
  await vault.rollback(A, { to: 2 });
  journal.entries.splice(0);
  const { versions, gone } = await vault.history(A);
  t.equal(gone, undefined);
  const common = { by: 'root@test', createdMs: clock.now, current: false };
  t.same(versions, [
    { ...common, version: 4, current: true, kind: 'password', expiresMs, restoredFrom: 2 },
    { ...common, version: 3, kind: 'raw', expiresMs: undefined, restoredFrom: 1 },
    { ...common, version: 2, kind: 'password', expiresMs, restoredFrom: undefined },
    { ...common, version: 1, kind: 'raw', expiresMs: undefined, restoredFrom: undefined, createdMs: clock.now - 5 },
  ]);
  (await vault.reveal(A, { version: 2 })).dispose();
  t.same(
    journal.entries.map(({ action, outcome, detail }) => [action, outcome, detail]),
    [
      ['secret.history_listed', 'intent', {}],
      ['secret.history_listed', 'done', { count: 4 }],
      ['secret_accessed', 'intent', {}],
      ['secret_accessed', 'done', { version: 2 }],
    ],
  );
});

t.test('compare and set on every write; 0 is none', async (t) => {
  const { vault } = await makeOpen(t);
  const set = (ifVersion: number) => vault.set(A, utf8('v'), { kind: 'raw', ifVersion });
  await t.rejects(set(1), { code: 'version_conflict', kind: 'conflict' });
  t.equal(await set(0), 1);
  await t.rejects(set(0), { code: 'version_conflict' });
  t.equal(await set(1), 2);
  const writes: (() => Promise<unknown>)[] = [
    () => set(1),
    () => vault.generate(A, { ifVersion: 1 }),
    () => vault.rollback(A, { ifVersion: 1 }),
    () => vault.delete(A, { ifVersion: 1 }),
    () => vault.purge(A, { ifVersion: 1 }),
    () => vault.move(A, B, { ifVersion: 1 }),
  ];
  for (const write of writes) {
    await t.rejects(async () => void (await write()), { code: 'version_conflict' });
    t.same(await shown(vault, A), ['*2 v', '1 v']);
  }
  await vault.delete(A, { ifVersion: 2 });
  await t.rejects(set(2), { code: 'version_conflict' }, 'a deleted one is none');
  t.equal(await set(0), 3);
  await vault.purge(A, { ifVersion: 3 });
  t.equal(await set(0), 4, 'no number is used twice');
});

t.test('versions that were damaged, swapped, or put back are named, the others stay', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await setAll(vault, A, 'one', 'two', 'three', 'four');
  await setAll(vault, B, 'other', 'other');
  const kept = (key: string, version: number) => join(secretsDir, '.versions', key, `@${version}`);
  writeFileSync(kept(A, 1), readFileSync(kept(A, 1)).subarray(0, -1));
  copyFileSync(kept(A, 3), kept(A, 2));
  await t.rejects(vault.reveal(A, { version: 1 }), { code: 'forged', message: / a / });
  await t.rejects(vault.reveal(A, { version: 2 }), { code: 'forged', message: /version 3/ });
  await t.rejects(vault.rollback(A, { to: 2 }), { code: 'forged' });
  t.same((await vault.history(A)).versions.slice(2), [
    { version: 2, problem: 'forged' },
    { version: 1, problem: 'forged' },
  ]);
  t.same((await vault.reveal(A, { version: 3 })).expose(), utf8('three'));

  copyFileSync(kept(A, 3), join(secretsDir, 'a'));
  writeFileSync(kept(A, 3), readFileSync(kept(B, 1)));
  await t.rejects(vault.reveal(A), { code: 'version_mismatch' });
  await t.rejects(vault.rollback(A, { to: 1 }), { code: 'forged' });
  t.match((await vault.history(A)).versions[0], { problem: 'version_mismatch' });
});

t.test('a purged value is nowhere any more, and its file put back is refused', async (t) => {
  const { vault, secretsDir, reader } = await makeOpen(t);
  await setAll(vault, A, 'one', 'two');
  const files = [join(secretsDir, 'a'), join(secretsDir, '.versions/a/@1')].map((path) => readFileSync(path));
  await vault.purge(A);
  t.same(readdirSync(join(secretsDir, '.versions/a')), ['@2']);
  await t.rejects(vault.purge(A), { code: 'not_found' });
  for (const file of files) {
    writeFileSync(join(secretsDir, 'a'), file);
    await t.rejects((await reader()).open(A), { code: 'version_mismatch' });
    await t.rejects(vault.reveal(A), { code: 'version_mismatch' });
  }
  await vault.delete(A);
  mkdirSync(join(secretsDir, '.versions/a'), { recursive: true });
  writeFileSync(join(secretsDir, '.versions/a/@1'), files[1] ?? '');
  await t.rejects(vault.reveal(A, { version: 1 }), { code: 'not_found' });
  await t.rejects(vault.rollback(A, { to: 1 }), { code: 'not_found' });
  const tombstone = readFileSync(join(secretsDir, '.versions/a/@2'));
  writeFileSync(join(secretsDir, 'a'), tombstone);
  await t.rejects(vault.reveal(A), { code: 'forged' }, 'a tombstone is no secret');
});
