import { cpSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { decodeMasterKeyFile } from '../../lib/vault/format/master-key.js';
import { demandPassphrase, replacePassphrase } from '../../lib/vault/gate/passphrase.js';
import { decodeVerifier, makeVerifier, readVerifierFile, verifyPassphrase } from '../../lib/vault/gate/verifier.js';
import { readServerKey, type Vault } from '../../lib/vault/index.js';
import { crashAt } from './crash-point.js';
import { CHEAP, describeVault, type Kit, makeOpen, noLock, openGate, PASSPHRASE } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');
const NAMES = [A, B];

type State = Record<string, string[]>;

/** A vault with one secret of three versions and a deleted one, that can be put back as it was. */
async function makeStarted(t: Test): Promise<Kit & { restore(): void }> {
  const kit = await makeOpen(t, noLock);
  for (const value of ['one', 'two', 'three']) await kit.vault.set(A, utf8(value), { kind: 'raw' });
  await kit.vault.set(B, utf8('earlier'), { kind: 'raw' });
  await kit.vault.delete(B);
  const copy = `${kit.home}-copy`;
  t.teardown(() => rmSync(copy, { recursive: true, force: true }));
  cpSync(kit.home, copy, { recursive: true });
  return {
    ...kit,
    restore() {
      for (const name of readdirSync(kit.home)) rmSync(join(kit.home, name), { recursive: true });
      cpSync(copy, kit.home, { recursive: true });
      kit.journal.take();
    },
  };
}

/** What the server sees, which takes no lock and mends nothing. */
async function served(kit: Kit): Promise<Record<string, string>> {
  const reader = await kit.reader();
  const values: Record<string, string> = {};
  for (const name of NAMES) {
    values[name] = await reader.open(name).then(
      ({ version, value }) => `${version} ${Buffer.from(value.expose())}`,
      (error) => error.code,
    );
  }
  return values;
}

const verbs: Record<string, { run(vault: Vault): Promise<unknown>; between?: State }> = {
  set: { run: (vault) => vault.set(A, utf8('four'), { kind: 'raw' }) },
  'set after delete': { run: (vault) => vault.set(B, utf8('again'), { kind: 'raw' }) },
  rollback: { run: (vault) => vault.rollback(A) },
  'rollback after delete': { run: (vault) => vault.rollback(B) },
  delete: { run: (vault) => vault.delete(A) },
  purge: {
    run: (vault) => vault.purge(A),
    between: { a: ['3 three', '2 two', '1 one'], 'b/c': ['1 earlier'] }, // deleted, and not purged yet
  },
  'purge after delete': { run: (vault) => vault.purge(B) },
  move: { run: (vault) => vault.move(A, B) },
};

for (const [name, { run, between }] of Object.entries(verbs)) {
  t.test(`${name}: at every step the old state or the new one, and the next verb works`, async (t) => {
    const kit = await makeStarted(t);
    const before = await describeVault(kit.vault, NAMES);
    const servedBefore = await served(kit);
    await run(kit.vault);
    const after = await describeVault(kit.vault, NAMES);
    const servedAfter = await served(kit);
    const allowed = [before, after, ...(between === undefined ? [] : [between])].map((state) => JSON.stringify(state));
    let step = 0;
    for (let crashed = true; crashed; ) {
      kit.restore();
      ({ crashed } = await crashAt(++step, () => run(kit.vault)));
      for (const [key, found] of Object.entries(await served(kit))) {
        t.ok([servedBefore[key], servedAfter[key]].includes(found), `step ${step}: the server sees ${key} ${found}`);
      }
      t.match(kit.journal.take()[0], / intent /, `step ${step}: the intent is recorded`);
      const found = JSON.stringify(await describeVault(kit.vault, NAMES));
      t.ok(allowed.includes(found), `step ${step}: ${found}`);
      if (found !== JSON.stringify(after)) {
        await run(kit.vault);
        t.same(await describeVault(kit.vault, NAMES), after, `step ${step}: done again`);
      }
      const versions = await Promise.all(NAMES.map((key) => kit.vault.set(key, utf8('next'), { kind: 'raw' })));
      t.ok(Math.min(...versions) > 1, `step ${step}: numbers go on`);
    }
    t.ok(step > 5, `${step} steps`);
  });
}

t.test('rekey: at every step every version is readable, and a second one finishes', async (t) => {
  const kit = await makeStarted(t);
  const before = await describeVault(kit.vault, NAMES);
  const servedBefore = await served(kit);
  const { keyFile } = kit.vault.layout;
  const oldKey = Buffer.from(readFileSync(keyFile).subarray(5));
  let step = 0;
  for (let crashed = true; crashed; ) {
    kit.restore();
    const policy = (await readServerKey(kit.vault.layout, 'policy')).expose();
    ({ crashed } = await crashAt(++step, () => kit.vault.rekey()));
    t.same(await served(kit), servedBefore, `step ${step}: the server notices nothing`);
    await openGate(kit.vault.layout, kit.clock);
    t.same(await describeVault(kit.vault, NAMES), before, `step ${step}`);
    const again = await kit.vault.rekey();
    if (crashed && decodeMasterKeyFile(keyFile, readFileSync(keyFile)).length !== 1) t.fail(`step ${step}: two keys`);
    t.equal(again.names, 3);
    t.same(await served(kit), servedBefore, `step ${step}: finished`);
    t.same((await readServerKey(kit.vault.layout, 'policy')).expose(), policy, `step ${step}: the server's own key`);
    for (const name of readdirSync(kit.secretsDir)) {
      if (name.startsWith('.vigo-tmp')) t.notOk(readFileSync(join(kit.secretsDir, name)).includes(oldKey), name);
    }
    t.notOk(readFileSync(keyFile).includes(oldKey), `step ${step}: the old key is gone`);
    await t.rejects(kit.vault.list(), { code: 'locked' });
  }
  t.ok(step > 30, `${step} steps`);
});

t.test('rekey: a crash between keeping a version and writing the next one is no reason to refuse', async (t) => {
  const kit = await makeStarted(t);
  const { steps } = await crashAt(1e9, () => kit.vault.set(A, utf8('four'), { kind: 'raw' }));
  kit.restore();
  await crashAt(steps.indexOf('link') + 3, () => kit.vault.set(A, utf8('four'), { kind: 'raw' }));
  const before = await describeVault(kit.vault, NAMES);
  await kit.vault.rekey();
  await openGate(kit.vault.layout, kit.clock);
  t.same(await describeVault(kit.vault, NAMES), before);
  t.equal(await kit.vault.set(A, utf8('four'), { kind: 'raw' }), 4);
});

t.test('rotate: at every step the old passphrase or the new one', async (t) => {
  const kit = await makeStarted(t);
  const { layout } = kit.vault;
  const next = utf8('another one');
  const verifier = await makeVerifier(next, CHEAP);
  const knows = async (passphrase: Uint8Array) =>
    verifyPassphrase(decodeVerifier('', (await readVerifierFile(layout.verifierFile)) ?? new Uint8Array()), passphrase);
  let step = 0;
  for (let crashed = true; crashed; ) {
    kit.restore();
    ({ crashed } = await crashAt(++step, async () => {
      const bytes = (await readVerifierFile(layout.verifierFile)) ?? new Uint8Array();
      await demandPassphrase(layout, kit.clock, bytes, PASSPHRASE);
      await replacePassphrase(layout, verifier);
    }));
    const [old, fresh] = [await knows(PASSPHRASE), await knows(next)];
    t.equal(old, !fresh, `step ${step}: the ${old ? 'old' : 'new'} one`);
    // The sentinel is bound to the verifier: with another passphrase the gate is closed before the sentinel is removed.
    if (fresh) await t.rejects(kit.vault.list(), { code: 'locked' });
    else await kit.vault.list();
  }
  t.ok(step > 10, `${step} steps`);
});
