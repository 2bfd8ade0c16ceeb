import { rmSync } from 'node:fs';
import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { gateState, UNLOCK_IDLE_MS } from '../../lib/vault/index.js';
import { HOUR_MS, makeKit, makeOpen, makeUnlocked, PASSPHRASE } from './kit.js';

t.test('open, locked, unlocked too long ago, with a clock that was set back', async (t) => {
  const kit = await makeUnlocked(t);
  const { layout } = kit.vault;
  const unlockedMs = kit.clock.now;
  kit.clock.now += HOUR_MS;
  const state = { openUntilMs: unlockedMs + UNLOCK_IDLE_MS, failures: { count: 0 }, weakVerifier: false };
  t.match(await gateState(layout, kit.clock), state);
  kit.clock.now += HOUR_MS;
  t.match(await gateState(layout, kit.clock), state, 'looking prolongs nothing');

  kit.clock.now = unlockedMs - 1;
  t.match(await gateState(layout, kit.clock), { openUntilMs: undefined, closedBecause: { code: 'clock_backwards' } });
  kit.clock.now = unlockedMs + UNLOCK_IDLE_MS;
  t.match(await gateState(layout, kit.clock), { openUntilMs: undefined, closedBecause: { code: 'expired' } });
  await kit.vault.lock();
  t.match(await gateState(layout, kit.clock), { openUntilMs: undefined, closedBecause: { code: 'locked' } });
});

t.test('wrong passphrases are counted until the right one', async (t) => {
  const kit = await makeUnlocked(t);
  const { layout } = kit.vault;
  for (let i = 0; i < 2; i++) await t.rejects(kit.vault.unlock(utf8('wrong')), { code: 'wrong_passphrase' });
  t.match(await gateState(layout, kit.clock), { failures: { count: 2, lastMs: kit.clock.now } });
  await kit.vault.unlock(PASSPHRASE);
  t.match(await gateState(layout, kit.clock), { failures: { count: 0 } });
});

t.test('a verifier of small cost; none; no vault', async (t) => {
  const kit = await makeOpen(t);
  t.match(await gateState(kit.vault.layout, kit.clock), { weakVerifier: true });
  rmSync(kit.vault.layout.verifierFile);
  await t.rejects(gateState(kit.vault.layout, kit.clock), { code: 'not_initialized' });
  const none = makeKit(t);
  await t.rejects(gateState(none.vault.layout, none.clock), { code: 'not_initialized' });
});
