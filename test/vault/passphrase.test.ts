import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { decodeVerifier, encodeVerifier, makeVerifier } from '../../lib/vault/gate/verifier.js';
import { CHEAP, makeOpen, PASSPHRASE } from './kit.js';

const KEY = parseKeyName('a');
const NEXT = utf8('another passphrase');
const WRONG = utf8('wrong');

t.test('rotate replaces the passphrase and closes the gate', async (t) => {
  const { vault, journal, secretsDir } = await makeOpen(t);
  await vault.set(KEY, utf8('value'), { kind: 'raw' });
  journal.take();
  await vault.rotate(PASSPHRASE, NEXT);
  t.same(journal.take(), [`vault.rotated intent ${secretsDir}`, `vault.rotated done ${secretsDir}`]);
  t.notOk(existsSync(vault.layout.sentinelFile));
  await t.rejects(vault.list(), { code: 'locked' });
  await t.rejects(vault.unlock(PASSPHRASE), { code: 'wrong_passphrase' });
  await vault.unlock(NEXT);
  t.same((await vault.reveal(KEY)).expose(), utf8('value'));
});

t.test('rotate refuses what it must, and changes nothing', async (t) => {
  const { vault, journal, secretsDir } = await makeOpen(t);
  const before = readFileSync(vault.layout.verifierFile);
  await t.rejects(vault.rotate(PASSPHRASE, PASSPHRASE), { code: 'bad_passphrase' });
  await t.rejects(vault.rotate(PASSPHRASE, new Uint8Array()), { code: 'bad_passphrase' });
  t.same(journal.take(), []);
  await t.rejects(vault.rotate(WRONG, NEXT), { code: 'wrong_passphrase' });
  t.same(journal.take(), [`vault.rotated intent ${secretsDir}`, `vault.unlock_failed denied ${secretsDir}`]);
  t.same(readFileSync(vault.layout.verifierFile), before);
  await vault.list();
});

t.test('reset needs the master key and no passphrase; also where the verifier is damaged', async (t) => {
  const { vault, journal, secretsDir } = await makeOpen(t);
  writeFileSync(vault.layout.verifierFile, 'junk', { mode: 0o600 });
  await t.rejects(vault.unlock(PASSPHRASE), { code: 'bad_verifier' });
  journal.take();
  await vault.reset(NEXT);
  t.same(journal.take(), [`vault.reset intent ${secretsDir}`, `vault.reset done ${secretsDir}`]);
  await t.rejects(vault.list(), { code: 'locked' });
  await vault.unlock(NEXT);
  rmSync(vault.layout.verifierFile);
  await t.rejects(vault.reset(NEXT), { code: 'not_initialized' });
});

t.test('a verifier that is cheaper to attack than today is replaced at the next unlock', async (t) => {
  const { vault, journal } = await makeOpen(t);
  const read = () => decodeVerifier('', readFileSync(vault.layout.verifierFile));
  t.match(read(), CHEAP);
  journal.entries.splice(0);
  await vault.unlock(PASSPHRASE);
  t.same(journal.entries.at(-1)?.detail, { verifier: 'strengthened' });
  t.match(read(), { memoryKiB: 65_536, passes: 3 });
  await vault.list();
  const strong = readFileSync(vault.layout.verifierFile);
  await vault.unlock(PASSPHRASE);
  t.same(readFileSync(vault.layout.verifierFile), strong, 'and then it stays');
  t.same(journal.entries.at(-1)?.detail, {});

  const costly = await makeVerifier(PASSPHRASE, { memoryKiB: 8, passes: 5 });
  writeFileSync(vault.layout.verifierFile, encodeVerifier(costly), { mode: 0o600 });
  await vault.unlock(PASSPHRASE);
  t.match(read(), { memoryKiB: 65_536, passes: 5 }, 'never cheaper in anything');
});

t.test('wrong passphrases slow down the next one, for unlock and rotate alike', async (t) => {
  const { vault, clock } = await makeOpen(t);
  const wrong = () => vault.unlock(WRONG).catch((error) => error.code);
  for (let i = 0; i < 2; i++) t.equal(await wrong(), 'wrong_passphrase');
  await t.rejects(vault.rotate(WRONG, NEXT), { code: 'wrong_passphrase' });
  let waitMs = 1000;
  for (let i = 0; i < 12; i++) {
    const end = clock.now + waitMs;
    t.equal(await wrong(), 'slowed_down');
    clock.now = end - 1;
    await t.rejects(vault.unlock(PASSPHRASE), { code: 'slowed_down', kind: 'exhausted' }, 'also for the right one');
    if (i === 0) await t.rejects(vault.rotate(PASSPHRASE, NEXT), { code: 'slowed_down' });
    clock.now = end;
    t.equal(await wrong(), 'wrong_passphrase', `after ${waitMs} ms`);
    waitMs = Math.min(2 * waitMs, 300_000);
  }
  clock.now -= 3_600_000;
  t.equal(await wrong(), 'slowed_down', 'a clock that was set back shortens nothing');
  clock.now += 300_000;
  await vault.rotate(PASSPHRASE, NEXT);
  t.notOk(existsSync(vault.layout.failuresFile), 'and a right one forgets them');
});

t.test('guesses count before they are checked, and side by side they wait for each other', async (t) => {
  const { vault } = await makeOpen(t);
  const { layout } = vault;
  const guesses = await Promise.all(
    Array.from({ length: 5 }, () => vault.unlock(WRONG).catch((error) => error.code as string)),
  );
  t.same(guesses.sort(), ['slowed_down', 'slowed_down', 'wrong_passphrase', 'wrong_passphrase', 'wrong_passphrase']);
  writeFileSync(layout.failuresFile, 'junk');
  await vault.unlock(PASSPHRASE);
});
