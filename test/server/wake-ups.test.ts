import t from 'tap';
import { parseEnvoyId, uuidFrom } from '../../lib/base/index.js';
import { WakeUps } from '../../lib/server/agents/wake-ups.js';

const id = (fill: number) => parseEnvoyId(uuidFrom(new Uint8Array(16).fill(fill)));

function stream() {
  const seen: string[] = [];
  return { seen, send: () => void seen.push('hint'), end: () => void seen.push('end') };
}

t.test('a hint goes to one, or to all', async (t) => {
  const wakeUps = new WakeUps();
  const [a, b] = [stream(), stream()];
  wakeUps.add(id(1), a);
  wakeUps.add(id(2), b);
  wakeUps.wake(id(1));
  wakeUps.wake(id(3));
  wakeUps.wakeAll();
  t.same([a.seen, b.seen], [['hint', 'hint'], ['hint']]);
});

t.test('a newer stream of an envoy ends the older, whose end then takes nothing away', async (t) => {
  const wakeUps = new WakeUps();
  const [older, newer] = [stream(), stream()];
  wakeUps.add(id(1), older);
  wakeUps.add(id(1), newer);
  wakeUps.remove(id(1), older);
  wakeUps.wake(id(1));
  t.same([older.seen, newer.seen], [['end'], ['hint']]);
});

t.test('an end is the last that a stream sees', async (t) => {
  const wakeUps = new WakeUps();
  const [a, b] = [stream(), stream()];
  wakeUps.add(id(1), a);
  wakeUps.add(id(2), b);
  wakeUps.end(id(1));
  wakeUps.endAll();
  wakeUps.wakeAll();
  t.same([a.seen, b.seen], [['end'], ['end']]);
});

t.test('in turn, one is woken when the one before was, and nobody who left meanwhile', async (t) => {
  const wakeUps = new WakeUps();
  const hinted: number[] = [];
  await new Promise<void>((resolve) => {
    for (const envoy of [1, 2, 3, 4]) {
      const send = () => {
        // Whoever is woken first sees that the others aren't yet, and that one of them goes.
        if (hinted.push(envoy) === 1) wakeUps.end(id(2));
        if (hinted.length === 3) resolve();
      };
      wakeUps.add(id(envoy), { send, end: () => {} });
    }
    wakeUps.wakeInTurn();
    t.same(hinted, []);
  });
  t.same(hinted.toSorted(), [1, 3, 4]);
  wakeUps.endAll();
});
