import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { openVaultCopy, type Snapshot, type Vault } from '../../lib/vault/index.js';
import { makeOpen } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

type Copied = Record<string, Uint8Array>;

function readAll({ files }: Snapshot): Copied {
  return Object.fromEntries(
    files.map(({ path, from }) => [path, typeof from === 'string' ? readFileSync(from) : from.slice()]),
  );
}

function backup<T>(vault: Vault, copy: (snapshot: Snapshot) => Promise<T>, pin = async () => {}): Promise<T> {
  return vault.backup({ subject: 'a file', prepare: async () => ({ for: 'passphrase' }), pin, copy });
}

/** What each file is, opened under the master key among them. */
async function checkAll(copied: Copied): Promise<Record<string, string>> {
  const { 'secrets/.master.key': key = utf8(''), ...files } = copied;
  const copy = await openVaultCopy(key.slice());
  const found = Object.entries(files).map(([path, bytes]) => {
    try {
      return [path, copy.check(path, bytes)];
    } catch (error) {
      return [path, (error as { code: string }).code];
    }
  });
  copy.dispose();
  return Object.fromEntries(found);
}

t.test('everything of the vault, and every file opens', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.set(A, utf8('two'), { kind: 'raw' });
  await vault.set(B, utf8('x'), { kind: 'raw' });
  await vault.purge(B);
  mkdirSync(join(secretsDir, '.snapshot'));
  writeFileSync(join(secretsDir, '.snapshot', '0'), 'left by a crash');
  const copied = await backup(vault, async (snapshot) => readAll(snapshot));
  t.same(await checkAll(copied), {
    'secrets/a': 'secret',
    'secrets/.versions/a/@1': 'version',
    'secrets/.versions/a/@2': 'version',
    'secrets/.versions/b/c/@1': 'version',
    'secrets-verifier.json': 'verifier',
    'keys/policy': 'server-key',
  });
  t.notOk(existsSync(join(secretsDir, '.snapshot')));
});

t.test('what others do while it is copied changes nothing in it', async (t) => {
  const { vault } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  const copied = await backup(vault, async (snapshot) => {
    await vault.move(A, B);
    await vault.set(A, utf8('another'), { kind: 'raw' });
    await vault.rekey();
    return readAll(snapshot);
  });
  t.same(Object.keys(copied).sort(), ['keys/policy', 'secrets-verifier.json', 'secrets/.master.key', 'secrets/a']);
  t.match(await checkAll(copied), { 'secrets/a': 'secret', 'keys/policy': 'server-key' });
});

t.test('in the middle of a rekey both keys are in it', async (t) => {
  const { vault } = await makeOpen(t);
  for (let i = 0; i < 40; i++) await vault.set(parseKeyName(`k/${i}`), utf8('x'), { kind: 'raw' });
  let copied: Promise<Copied> | undefined;
  await vault.rekey({
    onProgress() {
      copied ??= backup(vault, async (snapshot) => readAll(snapshot));
    },
  });
  const found = (await copied) ?? {};
  t.equal(found['secrets/.master.key']?.[4], 2);
  t.same(new Set(Object.values(await checkAll(found))), new Set(['secret', 'verifier', 'server-key']));
});

t.test('the log: intent before the moment, outcome after it; where it refuses, nothing is lent', async (t) => {
  const { vault, journal } = await makeOpen(t);
  const order: string[] = [];
  await backup(
    vault,
    async () => void order.push('copy'),
    async () => void order.push(`pin after ${journal.take()}`),
  );
  t.same(order, ['pin after backup.made intent a file', 'copy']);
  t.same(journal.take(), ['backup.made done a file']);
  journal.failOn = ({ outcome }) => outcome === 'intent';
  await t.rejects(
    backup(vault, async () => order.push('never')),
    { code: 'not_recorded' },
  );
  journal.failOn = () => false;
  await t.rejects(
    backup(vault, () => Promise.reject(new Error('disk'))),
    /disk/,
  );
  t.same(journal.take(), ['backup.made intent a file', 'backup.made failed a file']);
  t.equal(order.length, 2);
});

t.test('it goes through the gate, before anything is asked', async (t) => {
  const { vault, journal } = await makeOpen(t);
  await vault.lock();
  journal.take();
  const prepare = () => Promise.reject(new Error('asked'));
  await t.rejects(vault.backup({ subject: 'x', prepare, pin: async () => {}, copy: async () => {} }), {
    code: 'locked',
  });
  t.same(journal.take(), ['vault.denied denied x']);
});

t.test('a link in the place of a secret is named', async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  symlinkSync('/etc/passwd', join(secretsDir, 'a'));
  await t.rejects(
    backup(vault, async () => {}),
    { code: 'not_regular', path: join(secretsDir, 'a') },
  );
  t.notOk(existsSync(join(secretsDir, '.snapshot')));
});

t.test('a copy whose files were exchanged, altered or put where they do not belong', async (t) => {
  const { vault } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.set(A, utf8('two'), { kind: 'raw' });
  const copied = await backup(vault, async (snapshot) => readAll(snapshot));
  const secret = copied['secrets/a'] ?? utf8('');
  const kept = copied['secrets/.versions/a/@1'] ?? utf8('');
  const policy = copied['keys/policy'] ?? utf8('');
  const altered = secret.slice();
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  const found = await checkAll({
    'secrets/.master.key': copied['secrets/.master.key'] ?? utf8(''),
    'secrets/a': altered,
    'secrets/b': secret,
    'secrets/.versions/a/@2': kept,
    'secrets/.versions/a/@3': utf8(''),
    'secrets/policy': policy,
    'secrets/.move': secret,
    'secrets-verifier.json': utf8('{}'),
  });
  t.same(found, {
    'secrets/a': 'forged',
    'secrets/b': 'forged',
    'secrets/.versions/a/@2': 'forged',
    'secrets/.versions/a/@3': 'damaged',
    'secrets/policy': 'forged',
    'secrets/.move': 'misplaced',
    'secrets-verifier.json': 'bad_verifier',
  });
  await t.rejects(openVaultCopy(utf8('VGK1')), { code: 'bad_master_key' });
});
