import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { restoreHome } from '../../lib/archive/index.js';
import { aboutBytes, anyEnd, anyEntry, makeArchive, open, sealAnything, someEntries } from './kit.js';

const nothing = async () => {};

t.test('a home as it was, which the last step sees before it has its name', async (t) => {
  const root = t.testdir();
  const home = join(root, 'home');
  const { entries } = await restoreHome(await open(await makeArchive(someEntries())), home, async (draft) => {
    t.notOk(existsSync(home));
    t.equal(readFileSync(join(draft, 'db/vigo.db'), 'utf8'), 'rows');
  });
  t.equal(entries, someEntries().length);
  t.equal(readFileSync(join(home, 'secrets/.master.key'), 'utf8'), 'the master key');
  t.equal(readlinkSync(join(home, '.live')), `published/${'0'.repeat(64)}`);
  t.equal(statSync(join(home, 'stacks/run.sh')).mode & 0o777, 0o755);
  t.equal(statSync(join(home, 'secrets')).mode & 0o777, 0o700);
});

t.test('nothing is left of an archive that turns out to be cut, altered or hostile', async (t) => {
  const root = t.testdir();
  const home = join(root, 'home');
  const whole = await makeArchive(someEntries());
  const altered = whole.slice();
  altered[altered.length - 1] = (altered.at(-1) ?? 0) ^ 1;
  const hostile = [anyEntry('folder', 'stacks'), anyEntry('file', 'stacks/../../../x')];
  for (const bytes of [
    whole.subarray(0, -1),
    altered,
    await sealAnything(aboutBytes(), ...hostile, anyEnd(2)),
    await sealAnything(aboutBytes(), anyEntry('folder', 'stacks')),
  ]) {
    await t.rejects(
      open(bytes).then((archive) => restoreHome(archive, home, nothing)),
      { room: 'archive', code: /cut_short|altered|bad_entry/ },
    );
    t.same(readdirSync(root), []);
  }
  const failing = async () => Promise.reject(new Error('not recorded'));
  await t.rejects(restoreHome(await open(whole), home, failing));
  t.same(readdirSync(root), []);
});

t.test('a private key is restored for its owner alone, whatever mode the archive says', async (t) => {
  const home = join(t.testdir(), 'home');
  const entries = [
    anyEntry('folder', 'tls', 0o777),
    anyEntry('file', 'tls/ca', 0o666, 'ca'),
    anyEntry('file', 'tls/ca_key', 0o666, 'key'),
    anyEntry('file', 'tls/key', 0o644, 'key'),
    anyEntry('folder', 'stacks', 0o777),
  ];
  await restoreHome(await open(await sealAnything(aboutBytes(), ...entries, anyEnd(entries.length))), home, nothing);
  const modes = ['tls', 'tls/ca', 'tls/ca_key', 'tls/key', 'stacks'].map(
    (path) => statSync(join(home, path)).mode & 0o777,
  );
  t.same(modes, [0o755, 0o644, 0o600, 0o600, 0o775]);
});
