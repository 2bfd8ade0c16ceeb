import t from 'tap';
import { Alarm } from '../../lib/agent/contact/alarm.js';

const HOUR_MS = 3_600_000;
const never = new AbortController().signal;

t.test('it ends a wait, and several times before it count once', async (t) => {
  const alarm = new Alarm();
  t.notOk(alarm.take());
  const waiting = alarm.wait(HOUR_MS, never);
  alarm.raise();
  alarm.raise();
  await waiting;
  t.ok(alarm.take());
  t.notOk(alarm.take());
});

t.test('raised between taking and waiting, it is not lost', async (t) => {
  const alarm = new Alarm();
  alarm.take();
  alarm.raise();
  await alarm.wait(HOUR_MS, never);
  t.ok(alarm.take());
});

t.test('time and the signal end a wait too', async (t) => {
  const alarm = new Alarm();
  await alarm.wait(1, never);
  const stop = new AbortController();
  const waiting = alarm.wait(HOUR_MS, stop.signal);
  stop.abort();
  await waiting;
  await alarm.wait(HOUR_MS, stop.signal);
  t.notOk(alarm.take());
});

t.test('a wait that is too long for a timer does not end at once', async (t) => {
  const alarm = new Alarm();
  const stop = new AbortController();
  let ended = false;
  const waiting = alarm.wait(2 ** 40, stop.signal).then(() => {
    ended = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  t.notOk(ended);
  stop.abort();
  await waiting;
});
