import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { readServerKey, vaultLayout } from '../../lib/vault/index.js';
import { carryOutInit, planInit } from '../../lib/vault/init.js';
import { crashAt } from './crash-point.js';
import { type Kit, makeUnlocked, noLock } from './kit.js';

const KEY = parseKeyName('vigo/db/dsn');

async function currentValue({ vault }: Kit): Promise<string> {
  return vault.reveal(KEY).then(
    (secret) => Buffer.from(secret.expose()).toString(),
    (error) => error.code,
  );
}

t.test('set: at every step the old value or the new one', async (t) => {
  const kit = await makeUnlocked(t, noLock);
  let before = 'not_found';
  let version = 0;
  let step = 0;
  for (let crashed = true; crashed; ) {
    const after = `value ${++step}`;
    ({ crashed } = await crashAt(step, () => kit.vault.set(KEY, utf8(after), { kind: 'raw' })));
    const found = await currentValue(kit);
    t.ok(found === before || found === after, `step ${step}: ${found}`);
    const scanned = (await (await kit.reader()).versions()).get(KEY) ?? 0;
    t.equal(scanned, found === before ? version : version + 1, `step ${step}: version ${scanned}`);
    before = found;
    version = scanned;
  }
  t.equal(before, `value ${step}`);
  t.ok(step > 10, `${step} steps`);
  const kept = new Set(readdirSync(join(kit.secretsDir, '.versions', KEY)));
  t.same(kept, new Set(Array.from({ length: version }, (_, i) => `@${i + 1}`)), 'every version is there');
});

t.test('set: what is renamed into place was flushed before, and the folder is flushed after', async (t) => {
  const { vault } = await makeUnlocked(t, noLock);
  await vault.set(KEY, utf8('one'), { kind: 'raw' });
  await vault.set(KEY, utf8('two'), { kind: 'raw' });
  const { steps } = await crashAt(1e9, () => vault.set(KEY, utf8('three'), { kind: 'raw' }));
  const kept = ['mkdir', 'mkdir', 'link']; // it was kept, and flushed, when it was written
  const write = ['open', 'chmod', 'writeFile', 'sync', 'rename', 'sync']; // the mode holds before the content is there
  const keep = ['mkdir', 'link', 'sync'];
  const sentinel = write;
  t.same(steps, [...kept, 'mkdir', ...write, ...keep, ...sentinel]);
});

t.test('delete: at every step it is there or not, and can be set again', async (t) => {
  const kit = await makeUnlocked(t, noLock);
  let step = 0;
  for (let crashed = true; crashed; ) {
    const version = await kit.vault.set(KEY, utf8(`value ${++step}`), { kind: 'raw' });
    t.equal(version, step, 'no version is lost or used twice');
    ({ crashed } = await crashAt(step, () => kit.vault.delete(KEY)));
    const found = await currentValue(kit);
    t.ok(found === `value ${step}` || found === 'not_found', `step ${step}: ${found}`);
    // Folders that a crash left empty are in nobody's way.
    if (found === 'not_found') {
      await kit.vault.set(parseKeyName('vigo/db'), utf8('v'), { kind: 'raw' });
      await kit.vault.delete(parseKeyName('vigo/db'));
    }
  }
  t.equal(await currentValue(kit), 'not_found');
  t.ok(step > 5, `${step} steps`);
});

t.test('init: at every step it can be run again, and a key that was made is never replaced', async (t) => {
  const verifier = { memoryKiB: 8, passes: 1, salt: new Uint8Array(16), hash: new Uint8Array(32) };
  const content = { verifier, serverKeys: ['policy'], createdMs: 0, by: 'root@test' };
  let step = 0;
  for (let crashed = true; crashed; ) {
    const layout = vaultLayout({ secretsDir: join(t.testdir(), 'secrets') });
    ({ crashed } = await crashAt(++step, () => carryOutInit(layout, { masterKey: 'made' }, content)));
    const made = [layout.keyFile, join(layout.keysDir, 'policy')].filter((path) => existsSync(path));
    const before = made.map((path) => readFileSync(path));
    const plan = await planInit(layout).catch((error) => error.code);
    if (plan !== 'already_initialized') {
      t.same(plan, { masterKey: made.includes(layout.keyFile) ? 'kept' : 'made' }, `step ${step}`);
      await carryOutInit(layout, plan, content);
      t.same(readdirSync(layout.secretsDir), ['.master.key'], 'no copy of the master key is left');
    }
    const after = made.map((path) => readFileSync(path));
    t.same(after, before, `step ${step}: nothing was replaced`);
    (await readServerKey(layout, 'policy')).dispose();
  }
  t.ok(step > 15, `${step} steps`);
});
