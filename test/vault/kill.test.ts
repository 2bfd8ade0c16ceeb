import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { describeVault, makeOpen, openGate } from './kit.js';
import { LONG, makeWorkers } from './processes.js';
import { KEYS } from './worker.js';

const ROUNDS = LONG ? 2000 : 12;
const SEED = Number(process.env.VIGO_TEST_SEED ?? Date.now() % 1_000_000);

if (LONG) t.setTimeout(3_600_000);

type State = Record<string, string[]>;

/** What a verb makes of what is there, as far as the values go: the current one of each key. */
function currents(state: State): Record<string, string> {
  return Object.fromEntries(
    Object.entries(state).map(([key, versions]) => [
      key,
      versions.find((line) => line.startsWith('*'))?.slice(1) ?? 'none',
    ]),
  );
}

t.test(`kill -9 at a random instant, ${ROUNDS} times (seed ${SEED})`, async (t) => {
  const kit = await makeOpen(t);
  const start = await makeWorkers(t);
  const names = KEYS.map(String);
  const verbs = ['set', 'set', 'set', 'rollback', 'delete', 'purge', 'move', 'rekey'];
  const highest: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const worker = start({
      secretsDir: kit.secretsDir,
      lock: join(kit.home, 'vault.lock'),
      name: `round-${round}`,
      seed: SEED + round,
      what: { verbs },
    });
    if (worker.child.stdout !== null) await once(worker.child.stdout, 'data');
    await sleep(((SEED * 31 + round * 7919) % 1500) / 10);
    worker.child.kill('SIGKILL');
    const { errors } = await worker.ended;
    t.equal(errors, '', `round ${round}: no error`);

    await openGate(kit.vault.layout, kit.clock);
    const state = await describeVault(kit.vault, names);
    t.notMatch(JSON.stringify(state), /damaged|forged|unknown_key|mismatch/, `round ${round}: every version opens`);

    // What was acknowledged is there, and no number was used twice.
    const said = worker.said();
    const seen: Record<string, string> = {};
    let told: Record<string, unknown> = {};
    for (const line of said) {
      if ('verb' in line) told = line;
      const { action, outcome, subject, detail } = line as { [name: string]: unknown; detail: { version: number } };
      if (outcome !== 'done') continue;
      const key = String(subject);
      if (action === 'secret.set') {
        t.ok(detail.version > (highest[key] ?? 0), `round ${round}: ${key} ${detail.version} is new`);
        seen[key] = `${detail.version} ${told.value}`;
      }
      if (action === 'secret.moved') {
        highest[String(told.to)] = detail.version;
        seen[String(told.to)] = `${detail.version}`;
      }
      if (action === 'secret.rolled_back') seen[key] = `${detail.version}`;
      if (action === 'secret.set' || action === 'secret.rolled_back') highest[key] = detail.version;
      if (['secret.deleted', 'secret.purged', 'secret.moved'].includes(String(action))) seen[key] = 'none';
    }
    const now = currents(state);
    const wasUnderWay = said.at(-1)?.outcome === 'intent' || 'verb' in (said.at(-1) ?? {});
    for (const [key, expected] of Object.entries(seen)) {
      const found = now[key] ?? 'none';
      const touched = wasUnderWay && [told.key, told.to].includes(key);
      if (!touched)
        t.ok(found.startsWith(expected), `round ${round}: ${key} is ${found}, acknowledged was ${expected}`);
      highest[key] = Math.max(highest[key] ?? 0, Number.parseInt(found, 10) || 0);
    }
  }
  await kit.vault.rekey();
  await openGate(kit.vault.layout, kit.clock);
  t.ok(await kit.vault.list());
});
