import { chmodSync, chownSync, lstatSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import {
  createMasterKeyFile,
  decodeMasterKeyFile,
  encodeMasterKeyFile,
  loadMasterKeys,
} from '../../lib/vault/format/master-key.js';

const key = (fill: number) => new Uint8Array(32).fill(fill);

t.test('made once, for its owner only', async (t) => {
  const path = join(t.testdir(), 'key');
  await createMasterKeyFile(path);
  t.equal(lstatSync(path).mode & 0o7777, 0o600);
  const bytes = readFileSync(path);
  t.equal(bytes.length, 37);
  t.equal(bytes.subarray(0, 5).toString('latin1'), 'VGK1\x01');
  await t.rejects(createMasterKeyFile(path), { code: 'exists' });
  t.same(readFileSync(path), bytes);
});

t.test('decode then encode is the identity', (t) => {
  for (const keys of [[key(1)], [key(2), key(1)]]) {
    const bytes = encodeMasterKeyFile(keys);
    t.same(decodeMasterKeyFile('key', bytes), keys);
  }
  t.end();
});

t.test('anything but a whole key file is refused', (t) => {
  const good = encodeMasterKeyFile([key(1), key(2)]);
  for (const bad of [
    new Uint8Array(),
    good.subarray(0, 4),
    good.subarray(0, -1),
    Buffer.concat([good, Buffer.alloc(1)]),
    encodeMasterKeyFile([]),
    encodeMasterKeyFile(Array.from({ length: 17 }, () => key(1))),
    key(3),
    Buffer.concat([Buffer.from('VGK2'), good.subarray(4)]),
  ]) {
    t.throws(() => decodeMasterKeyFile('key', bad), { code: 'bad_master_key' });
  }
  t.end();
});

t.test('several keys: the first is the current one, all are found', async (t) => {
  const path = join(t.testdir(), 'key');
  writeFileSync(path, encodeMasterKeyFile([key(2), key(1)]), { mode: 0o600 });
  const keys = await loadMasterKeys(path);
  t.same(keys?.current.secret.expose(), key(2));
  t.equal(keys?.find(keys.current.id), keys?.current);
  t.equal(keys?.find(new Uint8Array(8)), undefined);
  writeFileSync(path, encodeMasterKeyFile([key(1)]));
  const earlier = await loadMasterKeys(path);
  t.same(keys?.find(earlier?.current.id ?? key(0))?.secret.expose(), key(1));
  keys?.dispose();
  t.throws(() => keys?.current.cipher.seal(key(0), key(0)), { code: 'disposed' });
});

t.test('a key that others could read, or that is no file, is refused', async (t) => {
  const dir = t.testdir();
  const path = join(dir, 'key');
  t.equal(await loadMasterKeys(path), undefined);
  await createMasterKeyFile(path);
  symlinkSync('key', join(dir, 'link'));
  await t.rejects(loadMasterKeys(join(dir, 'link')), { code: 'exposed_master_key' });
  await t.rejects(loadMasterKeys(dir), { code: 'exposed_master_key' });
  for (const mode of [0o644, 0o640, 0o604]) {
    chmodSync(path, mode);
    await t.rejects(loadMasterKeys(path), { code: 'exposed_master_key', hint: /chmod/ });
  }
  if (process.geteuid?.() === 0) {
    chmodSync(path, 0o600);
    chownSync(path, 65534, 65534);
    await t.rejects(loadMasterKeys(path), { code: 'exposed_master_key' });
  }
});

t.test('a file that is far too large is not read', async (t) => {
  const path = join(t.testdir(), 'key');
  writeFileSync(path, Buffer.alloc(10_000), { mode: 0o600 });
  await t.rejects(loadMasterKeys(path), { code: 'bad_master_key' });
});
