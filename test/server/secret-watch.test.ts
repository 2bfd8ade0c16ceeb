import { appendFileSync, copyFileSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { decodeEntry } from '../../lib/audit/index.js';
import { parseEnvoyId, parseHostName, parseKeyName, utf8, uuidFrom } from '../../lib/base/index.js';
import { WakeUps } from '../../lib/server/agents/wake-ups.js';
import type { LivePolicy } from '../../lib/server/publishing/live-policy.js';
import { changedVersions, SecretWatch } from '../../lib/server/publishing/secret-watch.js';
import type { SecretsProvider } from '../../lib/server/publishing/secrets-provider.js';
import { makeOpen } from '../vault/kit.js';
import { type Kit, makeServer } from './kit.js';

const key = parseKeyName;
const ENVOY = { id: parseEnvoyId(uuidFrom(new Uint8Array(16).fill(1))), hostName: parseHostName('web-1') };

t.test('what counts as a change is a name and a version', async (t) => {
  const before = new Map([
    [key('a'), 1],
    [key('b'), 1],
    [key('c'), 1],
    [key('e'), 4],
    [key('f'), 1],
  ]);
  const now = new Map([
    [key('d'), 1],
    [key('b'), 2],
    [key('a'), 1],
    [key('e'), 3],
    [key('f'), undefined],
  ]);
  t.same(changedVersions(before, now), [
    { key: 'b', version: 2 },
    { key: 'c', version: undefined },
    { key: 'd', version: 1 },
  ]);
  const some = new Map([[key('b'), 2]]);
  t.same(
    changedVersions(before, some, new Set([key('b')])),
    [{ key: 'b', version: 2 }],
    'nothing is said of the others',
  );
  t.same(changedVersions(before, new Map(), new Set([key('b'), key('x')])), [{ key: 'b', version: undefined }]);
  t.same(changedVersions(before, before), []);
});

/** A watch over the kit's secrets, or over others, and a way to wait for what it does. */
function watching(t: Test, kit: Kit, options: { live?: LivePolicy; secrets?: SecretsProvider } = {}) {
  const { live = kit.live, secrets = kit.secrets } = options;
  const errors: unknown[] = [];
  const wakeUps = new WakeUps();
  const waiting: (() => void)[] = [];
  let batches = 0;
  const told = () => {
    for (const settle of waiting.splice(0)) settle();
  };
  wakeUps.add(ENVOY.id, {
    send() {
      batches++;
      told();
    },
    end() {},
  });
  const watch = new SecretWatch({
    ...{ secrets, store: kit.store, live, wakeUps },
    onError(error) {
      errors.push(error);
      told();
    },
  });
  t.teardown(() => watch.stop());
  /** Resolves when it next does something. */
  const next = () => new Promise<void>((resolve) => void waiting.push(resolve));
  return {
    watch,
    errors,
    next,
    batches: () => batches,
    async until(holds: () => boolean | Promise<boolean>) {
      for (;;) {
        const done = next();
        if (await holds()) return;
        await done;
      }
    },
  };
}

t.test('a new, a changed and a deleted secret: each batch raises the epoch once and wakes the fleet', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set('a');
  const { watch, next, batches } = watching(t, kit);
  await watch.start();
  t.ok(kit.live.epoch > 0, 'what was there before the first start is news');
  for (const change of [
    () => kit.secrets.set('a', 'next'),
    () => kit.secrets.set('b'),
    () => kit.secrets.delete('a'),
    () =>
      kit.secrets.together(() => {
        for (const name of ['b', 'c', 'd', 'a']) kit.secrets.set(name);
      }),
  ]) {
    const { epoch } = kit.live;
    const woken = next();
    change();
    await woken;
    t.ok(kit.live.epoch > epoch);
    t.equal(await kit.store.epoch(), kit.live.epoch);
  }
  t.equal(batches(), 5);
  t.same(
    await kit.store.secretVersions(),
    new Map([
      ['a', 3],
      ['b', 2],
      ['c', 1],
      ['d', 1],
    ]),
  );
  const entries = await kit.store.listAudit({ limit: 100, action: 'secret.changed' });
  t.same(
    entries.map(({ bytes }) => decodeEntry(bytes).subject),
    ['1 secret', '1 secret', '1 secret', '1 secret', '4 secrets'],
  );
  for (const value of kit.secrets.opened) t.throws(() => value.expose(), TypeError, 'opened only to see that it opens');
});

t.test('a change that was made while the server was down is found at its start, and only once', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set('a');
  const earlier = watching(t, kit);
  await earlier.watch.start();
  await earlier.watch.stop();
  kit.secrets.set('a', 'next');

  const { live } = await kit.restart();
  const before = live.epoch;
  await watching(t, kit, { live }).watch.start();
  t.ok(live.epoch > before, 'never restarts, and rises');

  const { live: again } = await kit.restart();
  const { watch, batches } = watching(t, kit, { live: again });
  await watch.start();
  t.equal(again.epoch, live.epoch);
  t.equal(batches(), 0);
});

t.test('an older version that comes back is no change, and is refused', async (t) => {
  const kit = await makeServer(t);
  kit.secrets.set('a');
  kit.secrets.set('a', 'next');
  const { watch } = watching(t, kit);
  await watch.start();
  t.throws(() => watch.demandNewest(key('a'), 1), { name: 'ServerError', code: 'stepped_back' });
  watch.demandNewest(key('a'), 2);
  watch.demandNewest(key('a'), 3);
  watch.demandNewest(key('new'), 1);
});

t.test('an envoy gets other marks when what it watches changes, under the same body', async (t) => {
  const kit = await makeServer(t);
  for (const name of ['tls/cert', 'other']) kit.secrets.set(name);
  writeFileSync(join(kit.paths.stacks, 'envoys.vgo'), 'envoys: [{match: "*", configcrates: [shop]}]\n');
  const reload = '{name: reload, type: exec, command: "true", watch_secret: "tls/*"}';
  writeFileSync(join(kit.paths.stacks, 'shop.vgo'), `configcrate: shop\nresources: [${reload}]\n`);
  const { watch, next } = watching(t, kit);
  await watch.start();
  await kit.publishing.publish('somebody');
  const sight = async (live = kit.live) => {
    const bundle = await live.bundleFor(ENVOY);
    const mark = Buffer.from(bundle?.head.head.slice(-16) ?? []).toString('hex');
    return { mark, body: bundle?.body.key, refs: bundle?.body.refs.size };
  };
  const first = await sight();
  t.match(first, { mark: /^[0-9a-f]{32}$/, refs: 0 });

  let woken = next();
  kit.secrets.set('other', 'next');
  await woken;
  t.same(await sight(), first);

  woken = next();
  kit.secrets.set('tls/key');
  await woken;
  const second = await sight();
  t.not(second.mark, first.mark);
  t.equal(second.body, first.body);
  t.equal(await kit.live.bundleFor(ENVOY), await kit.live.bundleFor(ENVOY), 'made once');

  const { live, publishing } = await kit.restart();
  await publishing.restore();
  await watching(t, kit, { live }).watch.start();
  t.same(await sight(live), second, 'a restart of the server is no change');
});

t.test('where the database fails, the change is made up for', async (t) => {
  const kit = await makeServer(t);
  const { store } = kit;
  let failing = true;
  const flaky = Object.create(store, {
    recordSecretVersions: {
      value: (...args: Parameters<typeof store.recordSecretVersions>) =>
        failing ? Promise.reject(new Error('no')) : store.recordSecretVersions(...args),
    },
  });
  const { watch, next, errors } = watching(t, { ...kit, store: flaky });
  await watch.start();
  const failed = next();
  kit.secrets.set('a');
  await failed;
  t.equal(errors.length > 0, true);
  t.same(await store.secretVersions(), new Map());
  failing = false;
  await next();
  t.same(await store.secretVersions(), new Map([['a', 1]]));
});

t.test('over the files of a real vault', async (t) => {
  const kit = await makeServer(t);
  const { vault, reader, secretsDir, home } = await makeOpen(t);
  const secrets = await reader();
  const { watch, next, until, batches, errors } = watching(t, kit, { secrets });
  const pathOf = (name: string) => join(secretsDir, name);
  const after = async (change: () => unknown) => {
    const done = next();
    await change();
    await done;
  };
  await vault.set(key('shop/a'), utf8('1'), { kind: 'raw' });
  await watch.start();
  t.equal(batches(), 1);

  await t.test('set, delete and a name in a new folder', async (t) => {
    await after(() => vault.set(key('shop/a'), utf8('2'), { kind: 'raw' }));
    await after(() => vault.set(key('x/y/z'), utf8('1'), { kind: 'raw' }));
    await after(() => vault.delete(key('x/y/z')));
    t.same(await kit.store.secretVersions(), new Map([['shop/a', 2]]));
    t.equal(batches(), 4);
  });

  await t.test('a file that is put in place by a rename, aside and back', async (t) => {
    const aside = join(home, 'aside');
    await after(() => renameSync(pathOf('shop/a'), aside));
    t.same(await kit.store.secretVersions(), new Map());
    await after(() => renameSync(aside, pathOf('shop/a')));
    t.same(await kit.store.secretVersions(), new Map([['shop/a', 2]]));
  });

  await t.test('a touched file is none, and a half-written, foreign or moved one is no news', async (t) => {
    const before = batches();
    const whole = readFileSync(pathOf('shop/a'));
    utimesSync(pathOf('shop/a'), 1, 1);
    writeFileSync(pathOf('shop/strange'), 'no secret');
    copyFileSync(pathOf('shop/a'), pathOf('shop/moved'));
    writeFileSync(pathOf('shop/half'), whole.subarray(0, whole.length - 3));
    writeFileSync(pathOf('shop/a'), whole.subarray(0, 10));
    await until(() => errors.length === 2);
    const codes = errors.map((error) => (error as { code?: string }).code).sort();
    t.same(codes, ['damaged', 'forged'], 'said once each');
    writeFileSync(pathOf('shop/a'), whole);
    await vault.set(key('fence'), utf8('1'), { kind: 'raw' });
    await until(async () => (await kit.store.secretVersions()).has(key('fence')));
    t.equal(batches(), before + 1);
    const seen = { 'shop/a': 2, fence: 1 };
    t.same(await kit.store.secretVersions(), new Map(Object.entries(seen)));
  });

  await t.test('written in place, it is news at its last byte', async (t) => {
    const aside = join(home, 'aside');
    await vault.set(key('shop/b'), utf8('1'), { kind: 'raw' });
    await until(async () => (await kit.store.secretVersions()).has(key('shop/b')));
    const whole = readFileSync(pathOf('shop/b'));
    await after(() => renameSync(pathOf('shop/b'), aside));
    const { length } = errors;
    writeFileSync(pathOf('shop/b'), whole.subarray(0, whole.length - 1));
    await until(() => errors.length > length);
    const before = batches();
    appendFileSync(pathOf('shop/b'), whole.subarray(-1));
    await until(async () => (await kit.store.secretVersions()).has(key('shop/b')));
    t.equal(batches(), before + 1);
  });

  await t.test('a disk that went away took no secret with it', async (t) => {
    const before = await kit.store.secretVersions();
    const { length } = errors;
    renameSync(secretsDir, `${secretsDir}-away`);
    await until(() => errors.length > length);
    t.match(errors.at(-1), { name: 'VaultError', code: 'not_initialized' });
    t.same(await kit.store.secretVersions(), before);
    renameSync(`${secretsDir}-away`, secretsDir);
    await vault.set(key('shop/c'), utf8('1'), { kind: 'raw' });
    await until(async () => (await kit.store.secretVersions()).has(key('shop/c')));
    t.equal((await kit.store.secretVersions()).size, before.size + 1);
  });
  secrets.dispose();
});
