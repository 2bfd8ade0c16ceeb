import t from 'tap';
import { parseEnvoyId, uuidFrom } from '../../lib/base/index.js';
import { WakeUps } from '../../lib/server/wake-ups.js';

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
