import { copyFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { readServerKey } from '../../lib/vault/index.js';
import { makeKit, PASSPHRASE } from './kit.js';

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
