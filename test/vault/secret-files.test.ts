import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { createMasterKeyFile, loadMasterKeys, type MasterKeys } from '../../lib/vault/format/master-key.js';
import { decodeVaultFile } from '../../lib/vault/format/vault-file.js';
import { deleteSecret, readSecret, writeSecret } from '../../lib/vault/secrets/secret-files.js';

const A = parseKeyName('a');
const AB = parseKeyName('a/b');
const DSN = parseKeyName('vigo/db/dsn');
const OTHER = parseKeyName('vigo/db/other');

async function makeFiles(t: Test) {
  const dir = join(t.testdir({ secrets: {}, outside: { db: {} } }), 'secrets');
  await createMasterKeyFile(join(dir, '.master.key'));
  const keys = (await loadMasterKeys(join(dir, '.master.key'))) as MasterKeys;
  const clock = { nowMs: () => 1_800_000_000_000 };
  return {
    dir,
    path: (key: string) => join(dir, key),
    write: (key: typeof A, value: string) =>
      writeSecret(dir, key, { value: utf8(value), kind: 'raw', meta: { by: 'root@test' } }, keys, clock),
    read: async (key: typeof A) => {
      const { version, value } = await readSecret(dir, key, keys);
      return `${version} ${Buffer.from(value.expose())}`;
    },
    remove: (key: typeof A) => deleteSecret(dir, key, keys, clock),
    kept: (key: string) => readdirSync(join(dir, '.versions', key)).sort(),
  };
}

t.test('every version is kept whole, and the count goes on after a delete', async (t) => {
  const { dir, path, write, read, remove, kept } = await makeFiles(t);
  t.equal(await write(DSN, 'one'), 1);
  t.notOk(existsSync(path('.versions')));
  const first = readFileSync(path(DSN));
  t.equal(await write(DSN, 'two'), 2);
  t.same(kept(DSN), ['@1', '@2']);
  t.same(readFileSync(path(`.versions/${DSN}/@1`)), first);
  t.equal(await read(DSN), '2 two');
  t.equal(await remove(DSN), 2);
  t.same(kept(DSN), ['@1', '@2']);
  t.same(readdirSync(dir).sort(), ['.master.key', '.versions'], 'empty folders are gone');
  await t.rejects(remove(DSN), { code: 'not_found' });
  t.equal(await write(DSN, 'three'), 3);
  t.match(decodeVaultFile(DSN, readFileSync(path(DSN))).header, { kind: 'raw', meta: { by: 'root@test' } });
});

t.test('`a` can follow a deleted `a/b`, and the other way round; their versions lie apart', async (t) => {
  const { write, remove, kept } = await makeFiles(t);
  await write(AB, 'below');
  await t.rejects(write(A, 'above'), { code: 'name_conflict' });
  await remove(AB);
  await write(A, 'above');
  await t.rejects(write(AB, 'below'), { code: 'name_conflict' });
  await t.rejects(remove(AB), { code: 'not_found' });
  await remove(A);
  t.equal(await write(AB, 'below'), 2);
  t.same(kept('a'), ['@1', 'b']);
});

t.test('a damaged or foreign file is named, stays, and can be deleted', async (t) => {
  const { path, write, read, remove, kept } = await makeFiles(t);
  await write(DSN, 'one');
  await write(OTHER, 'other');
  await write(DSN, 'two');
  const good = readFileSync(path(DSN));
  const flipped = Buffer.from(good);
  flipped[flipped.length - 20] = (flipped[flipped.length - 20] ?? 0) ^ 1;
  for (const [what, bytes, code] of [
    ['empty', Buffer.alloc(0), 'damaged'],
    ['truncated in the header', good.subarray(0, 20), 'damaged'],
    ['truncated', good.subarray(0, -1), 'forged'],
    ['bit-flipped', flipped, 'forged'],
    ['of another key', readFileSync(path(OTHER)), 'forged'],
    ['far too large', Buffer.alloc(3_000_000), 'damaged'],
    ['an earlier version', readFileSync(path(`.versions/${DSN}/@1`)), 'version_mismatch'],
  ] as const) {
    if (code === 'version_mismatch') await write(DSN, 'three');
    writeFileSync(path(DSN), bytes);
    if (what === 'an earlier version') {
      await t.rejects(read(DSN), { code }, what);
      continue;
    }
    await t.rejects(read(DSN), { code, kind: 'corrupt' }, what);
    await t.rejects(write(DSN, 'new'), { code }, what);
    t.same(readFileSync(path(DSN)), bytes, `${what}: nothing changed`);
    writeFileSync(path(DSN), good);
  }
  t.equal(await read(OTHER), '1 other');
  const version = await remove(DSN);
  t.ok(kept(DSN).includes(`@${version}`), 'its bytes are kept');
  t.equal(await write(DSN, 'new'), version + 1, 'no version number is used twice');
});

t.test('both names of the current file may be copies of each other, as in a backup, but nothing else', async (t) => {
  const { path, write, read } = await makeFiles(t);
  await write(DSN, 'one');
  await write(DSN, 'two');
  const kept = path(`.versions/${DSN}/@2`);
  rmSync(kept);
  cpSync(path(DSN), kept);
  t.equal(await read(DSN), '2 two');
  t.equal(await write(DSN, 'three'), 3);
  writeFileSync(path(`.versions/${DSN}/@4`), 'something else');
  await t.rejects(read(DSN), { code: 'version_mismatch' });
});

t.test('nothing is read or written through links', async (t) => {
  const { dir, path, write, read, remove } = await makeFiles(t);
  await write(DSN, 'one');
  const outside = join(dir, '../outside');
  renameSync(path(DSN), join(outside, 'dsn'));
  symlinkSync(join(outside, 'dsn'), path(DSN));
  await t.rejects(read(DSN), { code: 'misplaced' });
  await t.rejects(remove(DSN), { code: 'misplaced' });
  await t.rejects(write(DSN, 'two'), { code: 'misplaced' });
  rmSync(path('vigo'), { recursive: true });
  symlinkSync(outside, path('vigo'));
  await t.rejects(write(DSN, 'two'), { code: 'misplaced' });
  rmSync(path('vigo'));
  await write(DSN, 'one');
  symlinkSync(outside, join(dir, '.versions'));
  await t.rejects(write(DSN, 'two'), { code: 'misplaced' });
  t.equal(await read(DSN), '1 one');
  t.same(readdirSync(outside).sort(), ['db', 'dsn']);
});

t.test('an empty folder in the place of a file gives way', async (t) => {
  const { path, read, write } = await makeFiles(t);
  mkdirSync(path('a'));
  await t.rejects(read(A), { code: 'not_found' });
  await write(A, 'one');
  t.equal(await read(A), '1 one');
});

t.test(
  'where the disk refuses, the old value stays',
  { skip: process.geteuid?.() !== 0 && 'only root can act as another user' },
  async (t) => {
    const { dir, path, write, read } = await makeFiles(t);
    await write(DSN, 'one');
    chmodSync(dir, 0o755);
    for (const folder of ['vigo', 'vigo/db']) chmodSync(path(folder), 0o755);
    chmodSync(path(DSN), 0o644);
    process.seteuid?.(65534);
    const error = await write(DSN, 'two').catch((error) => error);
    process.seteuid?.(0);
    t.match(error, { room: 'files', code: 'no_permission' });
    t.equal(await read(DSN), '1 one');
  },
);
