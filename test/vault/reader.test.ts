import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { createMasterKeyFile, decodeMasterKeyFile, encodeMasterKeyFile } from '../../lib/vault/format/master-key.js';
import { openSecretReader } from '../../lib/vault/index.js';
import { makeOpen } from './kit.js';

const A = parseKeyName('vigo/a');
const B = parseKeyName('vigo/b');

t.test('reads without the gate, and sees what changed', async (t) => {
  const { vault, reader, journal } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.lock();
  journal.take();
  const secrets = await reader();
  const { version, value } = await secrets.open(A);
  t.same({ version, value: value.expose() }, { version: 1, value: utf8('one') });
  await t.rejects(secrets.open(B), { code: 'not_found' });
  t.same(await secrets.versions(), new Map([[A, 1]]));
  t.same(journal.take(), [], 'whoever asks for a value records it');
  secrets.dispose();
  await t.rejects(secrets.open(A), { code: 'disposed' });
});

t.test('the versions leave out links, and tell none of what is no vault file', async (t) => {
  const { vault, reader, secretsDir } = await makeOpen(t);
  await vault.set(A, utf8('one'), { kind: 'raw' });
  await vault.set(A, utf8('two'), { kind: 'raw' });
  writeFileSync(join(secretsDir, 'vigo/stranger'), 'VGS1 but not really');
  symlinkSync('a', join(secretsDir, 'vigo/link'));
  const secrets = await reader();
  const stranger = parseKeyName('vigo/stranger');
  t.same(
    await secrets.versions(),
    new Map([
      [A, 2],
      [stranger, undefined],
    ]),
  );
  t.same(await secrets.versions([A, B, parseKeyName('vigo/link')]), new Map([[A, 2]]));
});

t.test('picks up a master key that was added while it runs', async (t) => {
  const { vault, reader } = await makeOpen(t);
  const { keyFile } = vault.layout;
  await vault.set(A, utf8('old key'), { kind: 'raw' });
  const secrets = await reader();
  const [old] = decodeMasterKeyFile(keyFile, readFileSync(keyFile));
  writeFileSync(keyFile, encodeMasterKeyFile([new Uint8Array(32).fill(1), old]));
  await vault.set(B, utf8('new key'), { kind: 'raw' });
  t.same((await secrets.open(B)).value.expose(), utf8('new key'));
  t.same((await secrets.open(A)).value.expose(), utf8('old key'));

  rmSync(keyFile);
  await createMasterKeyFile(keyFile);
  t.same((await secrets.open(A)).value.expose(), utf8('old key'), 'known keys are not read again');
  const stranger = await openSecretReader({ secretsDir: vault.layout.secretsDir });
  await t.rejects(stranger.open(A), { code: 'unknown_key' });
});

t.test('while secrets are replaced it reads old values or new ones, never an error', async (t) => {
  const { vault, reader } = await makeOpen(t);
  const secrets = await reader();
  await vault.set(A, utf8('1'), { kind: 'raw' });
  let writing = true;
  const writer = (async () => {
    for (let i = 2; i <= 20; i++) await vault.set(A, utf8(String(i)), { kind: 'raw' });
    writing = false;
  })();
  let last = 0;
  while (writing) {
    const { version, value } = await secrets.open(A);
    t.equal(Buffer.from(value.expose()).toString(), String(version));
    if (version < last) t.fail(`version ${version} after ${last}`);
    last = version;
  }
  await writer;
});

t.test('a vault that is missing, lost or exposed', async (t) => {
  const { vault, secretsDir, reader } = await makeOpen(t);
  await t.rejects(openSecretReader({ secretsDir: join(secretsDir, '../none/secrets') }), { code: 'not_initialized' });
  renameSync(vault.layout.keyFile, join(secretsDir, '../key'));
  await t.rejects(reader(), { code: 'key_missing' });
  symlinkSync('../key', vault.layout.keyFile);
  await t.rejects(reader(), { code: 'exposed_master_key' });
  const secrets = await openSecretReader({ secretsDir, keyFile: join(secretsDir, '../key') });
  t.same(await secrets.versions(), new Map());
  renameSync(secretsDir, `${secretsDir}-away`);
  await t.rejects(secrets.versions(), { code: 'not_initialized' }, 'a disk that is not mounted has lost nothing');
  await t.rejects(secrets.versions([A]), { code: 'not_initialized' });
});
