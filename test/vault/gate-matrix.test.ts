import { chmodSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { createMasterKeyFile } from '../../lib/vault/format/master-key.js';
import { encodeVerifier, makeVerifier } from '../../lib/vault/gate/verifier.js';
import { Vault } from '../../lib/vault/vault.js';
import { CHEAP, HOUR_MS, initCheaply, inMemory, type Kit, makeKit, PASSPHRASE } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b');
const VALUE = utf8('value');
const NEXT = utf8('another passphrase');

/** What a vault may have come to; each begins with an open one that holds two versions of `a`, all but `none`. */
const STATES: Readonly<Record<string, (kit: Kit) => Promise<unknown> | unknown>> = {
  none: () => {},
  unlocked: () => {},
  'used 23 hours ago': ({ clock }) => (clock.now += 23 * HOUR_MS),
  locked: ({ vault }) => vault.lock(),
  expired: ({ clock }) => (clock.now += 24 * HOUR_MS),
  'clock set back': ({ clock }) => (clock.now -= 1),
  'damaged sentinel': ({ vault }) => writeFileSync(vault.layout.sentinelFile, 'junk'),
  'another verifier': async ({ vault }) =>
    writeFileSync(vault.layout.verifierFile, encodeVerifier(await makeVerifier(NEXT, CHEAP))),
  'no verifier': ({ vault }) => rmSync(vault.layout.verifierFile),
  'damaged verifier': ({ vault }) => writeFileSync(vault.layout.verifierFile, 'junk'),
  'another key': async ({ vault: { layout } }) => {
    rmSync(layout.keyFile);
    await createMasterKeyFile(layout.keyFile);
  },
  'no key': ({ vault }) => rmSync(vault.layout.keyFile),
  'damaged key': ({ vault }) => writeFileSync(vault.layout.keyFile, 'junk'),
  'a key that others can read': ({ vault }) => chmodSync(vault.layout.keyFile, 0o644),
};

const FREE: Readonly<Record<string, (vault: Vault) => Promise<unknown>>> = {
  planInit: (vault) => vault.planInit(),
  init: (vault) => vault.init(NEXT),
  planUnlock: (vault) => vault.planUnlock(),
  planReset: (vault) => vault.planReset(),
  unlock: (vault) => vault.unlock(PASSPHRASE),
  lock: (vault) => vault.lock(),
  rotate: (vault) => vault.rotate(PASSPHRASE, NEXT),
  reset: (vault) => vault.reset(NEXT),
  backupRecipients: (vault) => vault.backupRecipients(0),
};

const GATED: Readonly<Record<string, (vault: Vault) => Promise<unknown>>> = {
  planSet: (vault) => vault.planSet(A, {}),
  set: (vault) => vault.set(A, VALUE, { kind: 'raw' }),
  generate: (vault) => vault.generate(A, {}),
  open: (vault) => vault.open(A),
  reveal: (vault) => vault.reveal(A, { version: 1 }),
  history: (vault) => vault.history(A),
  rollback: (vault) => vault.rollback(A),
  delete: (vault) => vault.delete(A),
  purge: (vault) => vault.purge(A),
  move: (vault) => vault.move(A, B),
  list: (vault) => vault.list(),
  suggest: (vault) => vault.suggest(''),
  rekey: (vault) => vault.rekey(),
  addBackupRecipient: (vault) => vault.addBackupRecipient({ id: '0123456789abcdef', key: 'key', seen: 0 }),
  removeBackupRecipient: (vault) =>
    vault.removeBackupRecipient('0123456789abcdef', 0).catch((error) => {
      if (error.code !== 'not_found') throw error; // none is registered, and it got that far
    }),
  backup: (vault) =>
    vault.backup({ subject: 'a file', prepare: async () => ({}), pin: async () => {}, copy: async () => {} }),
};

const made = { init: 'already_initialized', unlock: 'done', rotate: 'done', reset: 'done' } as const;

function always(code: string) {
  return { unlock: code, rotate: code, reset: code, gated: code };
}

/** The outcome in every state: `done`, or the code of the error. Every gated verb has the same one, and `lock` is never refused. */
const EXPECTED: Readonly<Record<string, Readonly<Record<'init' | 'unlock' | 'rotate' | 'reset' | 'gated', string>>>> = {
  none: { init: 'done', ...always('not_initialized') },
  unlocked: { ...made, gated: 'done' },
  'used 23 hours ago': { ...made, gated: 'done' },
  locked: { ...made, gated: 'locked' },
  expired: { ...made, gated: 'expired' },
  'clock set back': { ...made, gated: 'clock_backwards' },
  'damaged sentinel': { ...made, gated: 'locked' },
  'another verifier': { ...made, unlock: 'wrong_passphrase', rotate: 'wrong_passphrase', gated: 'locked' },
  'no verifier': { init: 'done', ...always('not_initialized') },
  'damaged verifier': { ...made, unlock: 'bad_verifier', rotate: 'bad_verifier', gated: 'locked' },
  'another key': { ...made, unlock: 'unknown_key', reset: 'unknown_key', gated: 'unknown_key' },
  'no key': { init: 'key_missing', ...always('key_missing') },
  'damaged key': { init: 'bad_master_key', ...always('bad_master_key') },
  'a key that others can read': { init: 'exposed_master_key', ...always('exposed_master_key') },
};

function expected(state: string, verb: string): string | undefined {
  if (verb === 'lock') return 'done';
  // It shows public keys, and takes a vault and no more.
  if (verb === 'backupRecipients') return state === 'another key' ? 'done' : EXPECTED[state]?.reset;
  if (verb === 'planInit') return EXPECTED[state]?.init;
  if (verb === 'planUnlock' || verb === 'planReset') {
    const code = EXPECTED[state]?.[verb === 'planUnlock' ? 'unlock' : 'reset'] ?? '';
    // What takes the verifier, or a passphrase, is told by the verb itself.
    return ['wrong_passphrase', 'bad_verifier', 'unknown_key'].includes(code) ? 'done' : code;
  }
  if (verb === 'init' || verb === 'unlock' || verb === 'rotate' || verb === 'reset') return EXPECTED[state]?.[verb];
  return EXPECTED[state]?.gated;
}

async function enter(kit: Kit, state: string): Promise<void> {
  if (state !== 'none') {
    await initCheaply(kit);
    for (const value of ['one', 'two']) await kit.vault.set(A, utf8(value), { kind: 'raw' });
  }
  await STATES[state]?.(kit);
}

/** Names, modes and contents of all files but those of the lock and of wrong passphrases. */
function snapshot(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => !/vault\.lock|secrets-failures/.test(name))
    .map((name) => ({ name, path: join(folder, name), stats: statSync(join(folder, name)) }))
    .map(({ name, path, stats }) => `${name} ${stats.mode} ${stats.isFile() ? readFileSync(path, 'hex') : ''}`)
    .sort();
}

t.test('no verb of the vault is left out', async (t) => {
  const verbs = Object.getOwnPropertyNames(Vault.prototype).filter((name) => name !== 'constructor');
  t.same(verbs.sort(), [...Object.keys(FREE), ...Object.keys(GATED)].sort());
});

for (const state of Object.keys(STATES)) {
  t.test(`${state}: every verb`, async (t) => {
    for (const [verb, run] of Object.entries({ ...FREE, ...GATED })) {
      const kit = makeKit(t, undefined, inMemory(t));
      await enter(kit, state);
      const before = snapshot(kit.home);
      const outcome = await run(kit.vault).then(
        () => 'done',
        (error) => error.code as string,
      );
      t.equal(outcome, expected(state, verb), verb);
      if (outcome !== 'done') t.same(snapshot(kit.home), before, `${verb} changed nothing`);
    }
  });
}
