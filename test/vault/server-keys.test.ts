import { hkdfSync } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { encodeCanonical, parseKeyName, utf8 } from '../../lib/base/index.js';
import { addWatchKey, promoteServerKey, readServerKey } from '../../lib/vault/index.js';
import { makeKit, noLock, PASSPHRASE } from './kit.js';

t.test('made at init, opened by name, out of reach as secrets', async (t) => {
  const { vault, secretsDir, reader } = makeKit(t);
  await vault.init(PASSPHRASE, { serverKeys: ['policy', 'checkpoint'] });
  await vault.unlock(PASSPHRASE);
  const policy = await readServerKey({ secretsDir }, 'policy');
  const checkpoint = await readServerKey({ secretsDir }, 'checkpoint');
  t.equal(policy.expose().length, 32);
  t.notSame(policy.expose(), checkpoint.expose());
  t.same(await vault.list(), []);

  const key = parseKeyName('policy');
  copyFileSync(join(vault.layout.keysDir, 'policy'), join(secretsDir, 'policy'));
  await t.rejects(vault.reveal(key), { code: 'forged' });
  await t.rejects((await reader()).open(key), { code: 'forged' });
  rmSync(join(secretsDir, 'policy'));

  await vault.set(key, utf8('chosen by somebody'), { kind: 'raw' });
  copyFileSync(join(secretsDir, 'policy'), join(vault.layout.keysDir, 'policy'));
  await t.rejects(readServerKey({ secretsDir }, 'policy'), { code: 'forged' });
});

t.test('missing, swapped and damaged ones are named', async (t) => {
  const { vault, secretsDir } = makeKit(t);
  await t.rejects(readServerKey({ secretsDir }, 'policy'), { code: 'not_initialized' });
  await vault.init(PASSPHRASE, { serverKeys: ['policy', 'checkpoint'] });
  const path = (name: string) => join(vault.layout.keysDir, name);
  for (const name of ['session', '../secrets/.master.key', 'a/b', '.', '']) {
    await t.rejects(readServerKey({ secretsDir }, name), { code: 'not_found' }, name);
  }
  const policy = readFileSync(path('policy'));
  copyFileSync(path('checkpoint'), path('policy'));
  await t.rejects(readServerKey({ secretsDir }, 'policy'), { code: 'forged' });
  writeFileSync(path('policy'), policy.subarray(0, 10));
  await t.rejects(readServerKey({ secretsDir }, 'policy'), { code: 'damaged' });
  rmSync(vault.layout.keyFile);
  await t.rejects(readServerKey({ secretsDir }, 'checkpoint'), { code: 'key_missing' });
});

t.test('the key of watch marks is what earlier versions derived from the policy key, and stays', async (t) => {
  const { vault, secretsDir } = makeKit(t);
  await vault.init(PASSPHRASE, { serverKeys: ['policy', 'policy-next', 'watch'] });
  const change = { lock: noLock, createdMs: 0, by: 'root@test' };
  const read = async (name: string) => Buffer.from((await readServerKey({ secretsDir }, name)).expose());
  const derived = async (name: string) => {
    const info = encodeCanonical('vigo/watch-mark-key/v1');
    return Buffer.from(hkdfSync('sha256', await read(name), '', info, 32));
  };
  t.same(await read('watch'), await derived('policy'));
  await addWatchKey({ secretsDir }, 'policy-next', change);
  t.same(await read('watch'), await derived('policy'), 'one that is there is left');
  rmSync(join(vault.layout.keysDir, 'watch'));
  await addWatchKey({ secretsDir }, 'policy-next', change);
  t.same(await read('watch'), await derived('policy-next'));
  await promoteServerKey({ secretsDir }, 'policy-next', 'policy', change);
  t.same(await read('watch'), await derived('policy'));
});
