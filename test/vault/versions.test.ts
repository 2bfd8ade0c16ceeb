import {
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import type { Vault } from '../../lib/vault/index.js';
import { describeVault, type Kit, makeOpen, openGate } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

async function setAll(vault: Vault, key: typeof A, ...values: string[]): Promise<void> {
  for (const value of values) await vault.set(key, utf8(value), { kind: 'raw' });
}

/** How an older file gets into the place of the current one. */
const ways: Record<string, (older: string, place: string) => void> = {
  'copied over it': (older, place) => writeFileSync(place, readFileSync(older)),
  'put in its place': (older, place) => {
    copyFileSync(older, `${place}.new`);
    renameSync(`${place}.new`, place);
  },
  linked: (older, place) => {
    rmSync(place, { force: true });
    linkSync(older, place);
  },
};

const refusing: Record<string, (vault: Vault, key: typeof A) => Promise<unknown>> = {
  reveal: (vault, key) => vault.reveal(key),
  set: (vault, key) => vault.set(key, utf8('new'), { kind: 'raw' }),
  rollback: (vault, key) => vault.rollback(key),
  'rollback to': (vault, key) => vault.rollback(key, { to: 1 }),
  move: (vault, key) => vault.move(key, parseKeyName('elsewhere')),
};

/** Every verb refuses what lies there, and names it. */
async function demandRefused(t: Test, { vault, reader }: Kit, key: typeof A): Promise<void> {
  for (const [verb, run] of Object.entries(refusing)) {
    await t.rejects(run(vault, key), { code: 'version_mismatch', message: new RegExp(key) }, verb);
  }
  await t.rejects((await reader()).open(key), { code: 'version_mismatch' }, 'the server');
  t.match((await vault.history(key)).versions[0], { problem: 'version_mismatch' }, 'history');
  const listed = (await vault.list()).find(({ name }) => name === key);
  t.match(listed, { problem: 'version_mismatch', about: undefined }, 'list');
}

for (const [way, put] of Object.entries(ways)) {
  t.test(`the version right before the current one, ${way}, is refused by every verb`, async (t) => {
    const starts: Record<string, (kit: Kit) => Promise<unknown>> = {
      set: ({ vault }) => setAll(vault, A, 'one', 'two', 'three'),
      'rolled back': async ({ vault }) => {
        await setAll(vault, A, 'one', 'two');
        await vault.rollback(A);
      },
      moved: async ({ vault }) => {
        await setAll(vault, B, 'one', 'two', 'three');
        await vault.move(B, A);
      },
      rekeyed: async ({ vault, clock }) => {
        await setAll(vault, A, 'one', 'two', 'three');
        await vault.rekey();
        await openGate(vault.layout, clock);
      },
      'set again after a delete': async ({ vault }) => {
        await setAll(vault, A, 'one', 'two');
        await vault.delete(A);
        await setAll(vault, A, 'three');
      },
    };
    for (const [name, start] of Object.entries(starts)) {
      await t.test(name, async (t) => {
        const kit = await makeOpen(t);
        await start(kit);
        put(join(kit.secretsDir, '.versions/a/@2'), join(kit.secretsDir, 'a'));
        await demandRefused(t, kit, A);
        await kit.vault.delete(A);
        t.equal((await kit.vault.rollback(A, { to: 2 })).restored, 2, 'the way out');
      });
    }
  });

  t.test(`a secret that was deleted stays so, its last version ${way}`, async (t) => {
    for (const from of ['what is kept', 'an earlier copy']) {
      const kit = await makeOpen(t);
      const place = join(kit.secretsDir, 'b/c');
      const copy = join(kit.home, 'copy');
      await setAll(kit.vault, B, 'one', 'two');
      copyFileSync(place, copy);
      await kit.vault.delete(B);
      mkdirSync(dirname(place), { recursive: true });
      put(from === 'what is kept' ? join(kit.secretsDir, '.versions/b/c/@2') : copy, place);
      await demandRefused(t, kit, B);
      await kit.vault.delete(B);
      t.equal((await kit.vault.rollback(B, { to: 2 })).restored, 2, 'the way out');
      t.same((await kit.vault.reveal(B)).expose(), utf8('two'));
    }
  });
}

t.test(
  'without its second name, as a crash or an earlier release leaves it, it gets one by the next write',
  async (t) => {
    const { vault, secretsDir } = await makeOpen(t);
    await setAll(vault, A, 'one', 'two');
    const writes: [number, () => Promise<unknown>][] = [
      [2, () => setAll(vault, A, 'three')],
      [3, () => vault.delete(A)],
    ];
    for (const [version, write] of writes) {
      const kept = join(secretsDir, `.versions/a/@${version}`);
      rmSync(kept);
      t.match((await vault.list())[0], { problem: undefined, about: { version } });
      await write();
      t.ok(existsSync(kept));
    }
    t.same(await describeVault(vault, [A]), { a: ['3 three', '2 two', '1 one'] });
  },
);

t.test('both names are one file, and a first version has one name', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await setAll(vault, A, 'one');
  t.notOk(existsSync(join(secretsDir, '.versions')));
  await setAll(vault, A, 'two');
  const inodes = ['a', '.versions/a/@2'].map((name) => statSync(join(secretsDir, name)).ino);
  t.equal(inodes[0], inodes[1]);
  t.not(statSync(join(secretsDir, '.versions/a/@1')).ino, inodes[0]);
});

t.test("a number that no version can have stands in nobody's way", async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await setAll(vault, A, 'one', 'two');
  writeFileSync(join(secretsDir, '.versions/a/@4294967296'), '');
  await setAll(vault, A, 'three');
  await vault.purge(A);
  t.same(readdirSync(join(secretsDir, '.versions/a')).sort(), ['@3', '@4294967296']);
});

t.test('the server, which looks without the lock, sees a value or none while the secret comes and goes', async (t) => {
  const { vault, reader } = await makeOpen(t);
  const secrets = await reader();
  let running = true;
  const writing = (async () => {
    for (let i = 0; i < 40; i++) {
      await setAll(vault, A, `${i}`);
      if (i % 3 === 2) await vault.delete(A);
    }
    running = false;
  })();
  const codes = new Set<string>();
  while (running) {
    await setImmediate(); // to find none takes no turn of the event loop, and the writer needs some
    codes.add(
      await secrets.open(A).then(
        () => 'opened',
        (error) => error.code,
      ),
    );
  }
  await writing;
  for (const code of codes) t.ok(['opened', 'not_found'].includes(code), code);
});
