import { lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { createMasterKeyFile } from '../../lib/vault/format/master-key.js';
import { MAX_VALUE_BYTES, openVault, type Vault } from '../../lib/vault/index.js';
import { HOUR_MS, type Kit, makeKit, makeOpen, PASSPHRASE } from './kit.js';

const KEY = parseKeyName('vigo/db/dsn');
const NEW = parseKeyName('vigo/new');

/** Everything below a folder but the lock: path → mode and content. */
function snapshot(dir: string): Record<string, string> {
  const found: Record<string, string> = {};
  for (const name of readdirSync(dir, { recursive: true }) as string[]) {
    if (name.startsWith('vault.lock')) continue;
    const path = join(dir, name);
    const stats = lstatSync(path);
    const content = stats.isFile() ? readFileSync(path, 'hex') : stats.isSymbolicLink() ? readlinkSync(path) : 'folder';
    found[name] = `${(stats.mode & 0o7777).toString(8)} ${content}`;
  }
  return found;
}

async function names(vault: Vault): Promise<string[]> {
  return (await vault.list()).map(({ name }) => name);
}

const verbs: Record<string, (vault: Vault) => Promise<unknown>> = {
  init: (vault: Vault) => vault.init(PASSPHRASE),
  unlock: (vault: Vault) => vault.unlock(PASSPHRASE),
  lock: (vault: Vault) => vault.lock(),
  set: (vault: Vault) => vault.set(NEW, utf8('value'), { kind: 'raw' }),
  reveal: (vault: Vault) => vault.reveal(KEY),
  delete: (vault: Vault) => vault.delete(KEY),
  list: (vault: Vault) => vault.list(),
  rotate: (vault: Vault) => vault.rotate(PASSPHRASE, utf8('another passphrase')),
  reset: (vault: Vault) => vault.reset(utf8('another passphrase')),
  generate: (vault: Vault) => vault.generate(NEW, {}),
  history: (vault: Vault) => vault.history(KEY),
  rollback: (vault: Vault) => vault.rollback(KEY, { to: 1 }),
  purge: (vault: Vault) => vault.purge(KEY),
  move: (vault: Vault) => vault.move(KEY, NEW),
  rekey: (vault: Vault) => vault.rekey(),
};

const states: Record<string, (kit: Kit) => void> = {
  'no key': ({ secretsDir, vault }) => {
    rmSync(secretsDir, { recursive: true });
    rmSync(vault.layout.verifierFile);
    rmSync(vault.layout.sentinelFile);
  },
  'key only': ({ secretsDir, vault }) => {
    rmSync(join(secretsDir, 'vigo'), { recursive: true });
    rmSync(vault.layout.verifierFile);
    rmSync(vault.layout.sentinelFile);
  },
  'key lost': ({ vault }) => rmSync(vault.layout.keyFile),
  'key and verifier lost': ({ vault }) => {
    rmSync(vault.layout.keyFile);
    rmSync(vault.layout.verifierFile);
  },
  locked: ({ vault }) => rmSync(vault.layout.sentinelFile),
  unlocked: () => {},
  expired: ({ clock }) => {
    clock.now += 24 * HOUR_MS;
  },
  'clock set back': ({ clock }) => {
    clock.now -= 1;
  },
};

const GATED = ['set', 'reveal', 'delete', 'list', 'generate', 'history', 'rollback', 'purge', 'move', 'rekey'];
const all = (outcome: string, which = Object.keys(verbs)) => Object.fromEntries(which.map((verb) => [verb, outcome]));
const gated = (outcome: string) => ({ ...all('done'), init: 'already_initialized', ...all(outcome, GATED) });

const expected: Record<string, Record<string, string>> = {
  'no key': { ...all('not_initialized'), init: 'done', lock: 'done' },
  'key only': { ...all('not_initialized'), init: 'done', lock: 'done' },
  'key lost': { ...all('key_missing'), lock: 'done' },
  'key and verifier lost': { ...all('key_missing'), lock: 'done' },
  locked: gated('locked'),
  unlocked: gated('done'),
  expired: gated('expired'),
  'clock set back': gated('clock_backwards'),
};

t.test('states × verbs', async (t) => {
  const kit = await makeOpen(t);
  await kit.vault.set(KEY, utf8('dsn'), { kind: 'raw' });
  rmSync(kit.vault.layout.keysDir, { recursive: true });
  const files = new Map<string, Buffer>();
  for (const path of [kit.vault.layout.keyFile, kit.vault.layout.verifierFile, kit.vault.layout.sentinelFile]) {
    files.set(path, readFileSync(path));
  }
  const secret = readFileSync(join(kit.secretsDir, KEY));
  const start = kit.clock.now;

  const restore = () => {
    rmSync(kit.secretsDir, { recursive: true, force: true });
    mkdirSync(join(kit.secretsDir, 'vigo/db'), { recursive: true, mode: 0o700 });
    writeFileSync(join(kit.secretsDir, KEY), secret, { mode: 0o600 });
    for (const [path, bytes] of files) writeFileSync(path, bytes, { mode: 0o600 });
    kit.clock.now = start;
    kit.journal.take();
  };

  for (const [state, enter] of Object.entries(states)) {
    for (const [verb, run] of Object.entries(verbs)) {
      restore();
      enter(kit);
      const before = snapshot(kit.home);
      const outcome = await run(kit.vault).then(
        () => 'done',
        (error) => error.code,
      );
      t.equal(outcome, expected[state]?.[verb], `${state}: ${verb}`);
      if (outcome !== 'done') t.same(snapshot(kit.home), before, `${state}: ${verb} changed nothing`);
      const entries = kit.journal.take().map((entry) => entry.split(' ').slice(0, 2).join(' '));
      if (['locked', 'expired', 'clock_backwards'].includes(outcome)) t.same(entries, ['vault.denied denied']);
      else if (outcome !== 'done') t.same(entries, [], `${state}: ${verb} was refused before it began`);
      else if (verb !== 'lock') t.match(entries, [/ intent$/, / done$/]);
    }
  }
});

t.test('init makes what is missing, for its owner only', async (t) => {
  const { vault, secretsDir, journal } = makeKit(t);
  t.same(await vault.planInit(), { masterKey: 'made' });
  t.same(await vault.init(PASSPHRASE, { serverKeys: ['policy', 'checkpoint'] }), {
    masterKey: 'made',
    closedFolder: false,
  });
  t.same(journal.take(), [`vault.initialized intent ${secretsDir}`, `vault.initialized done ${secretsDir}`]);
  t.equal(lstatSync(secretsDir).mode & 0o7777, 0o700);
  t.equal(lstatSync(vault.layout.keysDir).mode & 0o7777, 0o700);
  const { keyFile, verifierFile, keysDir } = vault.layout;
  for (const path of [keyFile, verifierFile, join(keysDir, 'policy')]) {
    t.equal(lstatSync(path).mode & 0o7777, 0o600, path);
  }

  const kept = [readFileSync(keyFile), readFileSync(join(keysDir, 'policy'))];
  rmSync(verifierFile);
  rmSync(join(keysDir, 'checkpoint'));
  t.same(await vault.init(PASSPHRASE, { serverKeys: ['policy', 'checkpoint'] }), {
    masterKey: 'kept',
    closedFolder: false,
  });
  t.same([readFileSync(keyFile), readFileSync(join(keysDir, 'policy'))], kept);
  await vault.unlock(PASSPHRASE);
});

t.test('init refuses a key that is not the one of the ciphertext, and an unusable passphrase', async (t) => {
  const { vault, home } = await makeOpen(t);
  await vault.set(KEY, utf8('dsn'), { kind: 'raw' });
  rmSync(vault.layout.verifierFile);
  rmSync(vault.layout.keyFile);
  await createMasterKeyFile(vault.layout.keyFile);
  const before = snapshot(home);
  await t.rejects(vault.init(PASSPHRASE), { code: 'unknown_key' });
  t.same(snapshot(home), before);

  const fresh = makeKit(t);
  await t.rejects(fresh.vault.init(new Uint8Array()), { code: 'bad_passphrase' });
  t.notMatch(snapshot(fresh.home), { secrets: String });
});

t.test('a wrong passphrase opens nothing and is recorded', async (t) => {
  const { vault, journal, secretsDir } = await makeOpen(t);
  await vault.lock();
  journal.take();
  await t.rejects(vault.unlock(utf8('wrong')), { code: 'wrong_passphrase', kind: 'denied' });
  t.same(journal.take(), [`vault.unlocked intent ${secretsDir}`, `vault.unlock_failed denied ${secretsDir}`]);
  await t.rejects(vault.list(), { code: 'locked' });
});

t.test('a wrong master key is named, also by unlock', async (t) => {
  const { vault, home } = await makeOpen(t);
  await vault.set(KEY, utf8('dsn'), { kind: 'raw' });
  rmSync(vault.layout.keyFile);
  await createMasterKeyFile(vault.layout.keyFile);
  const before = snapshot(home);
  await t.rejects(vault.reveal(KEY), { code: 'unknown_key' });
  await t.rejects(vault.unlock(PASSPHRASE), { code: 'unknown_key' });
  t.same(snapshot(home), before);
});

t.test('the unlock slides with each successful call, and only with those', async (t) => {
  const { vault, clock } = await makeOpen(t);
  await vault.set(KEY, utf8('dsn'), { kind: 'raw' });
  for (let i = 0; i < 3; i++) {
    clock.now += 23 * HOUR_MS;
    await vault.list();
  }
  clock.now += 23 * HOUR_MS;
  await t.rejects(vault.reveal(NEW), { code: 'not_found' });
  clock.now += 1 * HOUR_MS;
  await t.rejects(vault.list(), { code: 'expired' });
});

t.test('set, reveal, list and delete, as recorded', async (t) => {
  const { vault, journal, secretsDir } = await makeOpen(t);
  const value = Uint8Array.from({ length: 256 }, (_, i) => i);
  t.equal(await vault.set(KEY, value, { kind: 'raw' }), 1);
  t.equal(await vault.set(NEW, utf8(''), { kind: 'raw' }), 1);
  t.same((await vault.reveal(KEY)).expose(), value);
  t.same((await vault.reveal(NEW)).expose(), new Uint8Array());
  t.same(await names(vault), [KEY, NEW]);
  await vault.delete(KEY);
  t.same(await names(vault), [NEW]);
  await t.rejects(vault.reveal(KEY), { code: 'not_found', kind: 'not_found' });
  t.same(journal.take(), [
    `secret.set intent ${KEY}`,
    `secret.set done ${KEY}`,
    `secret.set intent ${NEW}`,
    `secret.set done ${NEW}`,
    `secret_accessed intent ${KEY}`,
    `secret_accessed done ${KEY}`,
    `secret_accessed intent ${NEW}`,
    `secret_accessed done ${NEW}`,
    `secret.listed intent ${secretsDir}`,
    `secret.listed done ${secretsDir}`,
    `secret.deleted intent ${KEY}`,
    `secret.deleted done ${KEY}`,
    `secret.listed intent ${secretsDir}`,
    `secret.listed done ${secretsDir}`,
    `secret_accessed intent ${KEY}`,
    `secret_accessed failed ${KEY}`,
  ]);
});

t.test('what the rules forbid is refused and changes nothing', async (t) => {
  const { vault, home } = await makeOpen(t);
  await vault.set(KEY, new Uint8Array(MAX_VALUE_BYTES), { kind: 'raw' });
  const before = snapshot(home);
  for (const [key, value, kind, code] of [
    [NEW, new Uint8Array(MAX_VALUE_BYTES + 1), 'raw', 'value_too_large'],
    [NEW, utf8('weak'), 'password', 'weak_password'],
    [parseKeyName(`${KEY}/below`), utf8('v'), 'raw', 'name_conflict'],
    [parseKeyName('vigo/db'), utf8('v'), 'raw', 'name_conflict'],
  ] as const) {
    await t.rejects(vault.set(key, value, { kind }), { code });
  }
  t.same(snapshot(home), before);
  await vault.set(NEW, utf8('Str0ng & long enough'), { kind: 'password' });
});

t.test("what can't be recorded doesn't happen, except lock", async (t) => {
  const { vault, home, journal } = await makeOpen(t);
  await vault.set(KEY, utf8('dsn'), { kind: 'raw' });
  journal.failOn = () => true;
  const before = snapshot(home);
  for (const [verb, run] of Object.entries(verbs)) {
    if (verb !== 'init' && verb !== 'lock') await t.rejects(run(vault), { code: 'not_recorded' }, verb);
  }
  t.same(snapshot(home), before);
  t.same(await vault.lock(), { recorded: false });
  await t.rejects(vault.list(), { code: 'locked' });
});

t.test('lock closes the gate also while it waits for a verb, and after one that was under way', async (t) => {
  const { vault, journal } = await makeOpen(t);
  let locking: Promise<unknown> | undefined;
  journal.failOn = ({ action, outcome }) => {
    // The list has passed the gate; now somebody locks, and the list then prolongs the unlock.
    if (action === 'secret.listed' && outcome === 'intent') locking = vault.lock();
    return false;
  };
  await vault.list();
  await locking;
  await t.rejects(vault.list(), { code: 'locked' });
});

t.test('a failing lock of the vault keeps the gate from nothing', async (t) => {
  const { vault, secretsDir, journal, clock } = await makeOpen(t);
  const busy = new Error('busy');
  const lock = { exclusively: () => Promise.reject(busy) };
  await t.rejects(openVault({ secretsDir, lock, journal, clock, actor: 'a' }).lock(), busy);
  t.same(journal.take(), [`vault.locked failed ${secretsDir}`]);
  await t.rejects(vault.list(), { code: 'locked' });
});

t.test('no plaintext below the folder, in no name and no byte', async (t) => {
  const { vault, home } = await makeOpen(t);
  const canary = 'CANARY-7f3a91c4';
  for (const value of [canary, `${canary}-2`]) await vault.set(KEY, utf8(value), { kind: 'raw' });
  (await vault.reveal(KEY)).dispose();
  await vault.delete(KEY);
  const spellings = [canary, Buffer.from(canary).toString('hex'), Buffer.from(canary).toString('base64').slice(0, 16)];
  for (const [name, content] of Object.entries(snapshot(home))) {
    const text = `${name} ${content} ${Buffer.from(content, 'hex').toString('latin1')}`;
    for (const spelling of [...spellings, Buffer.from(spellings[0] ?? '').toString('hex')]) {
      t.notOk(text.includes(spelling), name);
    }
  }
});

t.test('a key file in the place of a secret is refused', (t) => {
  const { secretsDir, journal, clock } = makeKit(t);
  const options = {
    secretsDir,
    journal,
    clock,
    actor: 'a',
    lock: { exclusively: <T>(work: () => Promise<T>) => work() },
  };
  t.throws(() => openVault({ ...options, keyFile: join(secretsDir, 'vigo/key') }), { code: 'misplaced' });
  openVault({ ...options, keyFile: join(secretsDir, '../key') });
  t.end();
});
