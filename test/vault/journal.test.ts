import t from 'tap';
import { Secret } from '../../lib/base/index.js';
import { VaultError } from '../../lib/vault/index.js';
import { recorded } from '../../lib/vault/journal.js';
import { MemoryJournal } from './kit.js';

const operation = { action: 'secret_accessed', subject: 'a' } as const;

t.test('intent before, outcome after', async (t) => {
  const journal = new MemoryJournal();
  const act = async () => {
    t.same(journal.take(), ['secret_accessed intent a']);
    return 3;
  };
  t.equal(await recorded(journal, { ...operation, act, describe: (version) => ({ version }) }), 3);
  t.same(journal.entries, [{ ...operation, outcome: 'done', detail: { version: 3 } }]);
});

t.test("what can't be recorded doesn't happen", async (t) => {
  const journal = new MemoryJournal();
  journal.failOn = () => true;
  const act = async () => t.fail('it happened');
  await t.rejects(recorded(journal, { ...operation, act }), { code: 'not_recorded' });
});

t.test("an outcome that can't be recorded is an error, and nobody gets the result", async (t) => {
  const journal = new MemoryJournal();
  journal.failOn = ({ outcome }) => outcome === 'done';
  const secret = new Secret(Buffer.from('value'));
  const discard = () => secret.dispose();
  await t.rejects(recorded(journal, { ...operation, discard, act: async () => secret }), {
    code: 'outcome_not_recorded',
  });
  t.throws(() => secret.expose(), TypeError);
});

t.test('a failure is recorded by its code, a refusal under its own name', async (t) => {
  const journal = new MemoryJournal();
  const failing = (error: unknown) => async () => {
    throw error;
  };
  const unlock = { action: 'vault.unlocked', subject: 'v', refusedAs: 'vault.unlock_failed' } as const;
  const wrong = new VaultError('wrong_passphrase', 'wrong');
  await t.rejects(recorded(journal, { ...unlock, act: failing(wrong) }), wrong);
  await t.rejects(recorded(journal, { ...unlock, act: failing(new Error('the value is hunter2')) }));
  t.same(
    journal.entries.filter(({ outcome }) => outcome !== 'intent'),
    [
      { action: 'vault.unlock_failed', subject: 'v', outcome: 'denied', detail: { error: 'vault/wrong_passphrase' } },
      { action: 'vault.unlocked', subject: 'v', outcome: 'failed', detail: { error: 'internal' } },
    ],
  );
});

t.test("a failure that can't be recorded is still the error", async (t) => {
  const journal = new MemoryJournal();
  journal.failOn = ({ outcome }) => outcome === 'failed';
  const broken = new VaultError('forged', 'forged');
  await t.rejects(recorded(journal, { ...operation, act: () => Promise.reject(broken) }), { code: 'forged' });
});
