import t from 'tap';
import { type Refusal, RefusalLog } from '../../lib/server/abuse/refusal-log.js';
import { ManualClock } from './kit.js';

const REFUSAL: Refusal = {
  action: 'api.denied',
  subject: 'anonymous',
  reason: 'no token',
  method: 'GET /x',
  address: '192.0.2.1',
};

function make() {
  const clock = new ManualClock();
  const entered: string[] = [];
  const log = new RefusalLog(({ reason, address }, count) => entered.push(`${reason} ${address} ${count}`), clock);
  return { clock, entered, log };
}

t.test('the first is entered at once, those that follow within the minute as one count', async (t) => {
  const { clock, entered, log } = make();
  for (let i = 0; i < 5; i++) log.note(REFUSAL);
  t.same(entered, ['no token 192.0.2.1 1']);
  clock.ms += 59_999;
  log.settleOver();
  t.equal(entered.length, 1, 'the minute is not over');
  clock.ms += 1;
  log.settleOver();
  t.same(entered.slice(1), ['no token 192.0.2.1 4']);
  log.note(REFUSAL);
  t.same(entered.slice(2), ['no token 192.0.2.1 1'], 'a new minute begins with an entry');
});

t.test('a clock that is set back or forward changes nothing about the minute', async (t) => {
  for (const setMs of [-90_000, -3_600_000, 40 * 86_400_000]) {
    const { clock, entered, log } = make();
    log.note(REFUSAL);
    log.note(REFUSAL);
    clock.setMs = setMs;
    clock.ms += 59_999;
    log.settleOver();
    t.equal(entered.length, 1, 'the minute is not over');
    clock.ms += 1;
    log.settleOver();
    t.same(entered, Array(2).fill('no token 192.0.2.1 1'));
  }
});

t.test('a minute that nobody settled is settled by the next refusal', async (t) => {
  const { clock, entered, log } = make();
  log.note(REFUSAL);
  log.note(REFUSAL);
  clock.ms += 60_000;
  log.note(REFUSAL);
  t.same(entered, ['no token 192.0.2.1 1', 'no token 192.0.2.1 1', 'no token 192.0.2.1 1']);
});

t.test('what differs is counted apart, but for the addresses of one host', async (t) => {
  const { entered, log } = make();
  log.note(REFUSAL);
  log.note({ ...REFUSAL, reason: 'wrong token' });
  log.note({ ...REFUSAL, subject: 'somebody' });
  log.note({ ...REFUSAL, address: '2001:db8::1' });
  log.note({ ...REFUSAL, address: '2001:db8::2' });
  t.equal(entered.length, 4);
  log.settleAll();
  t.same(entered.slice(4), ['no token 2001:db8::1 1']);
});

t.test('strangers with many addresses write 600 entries an hour at most, and then counts', async (t) => {
  const { clock, entered, log } = make();
  const fromAll = (octet: number) => {
    for (let i = 0; i < 2000; i++) log.note({ ...REFUSAL, address: `10.${octet}.${i >> 8}.${i & 255}` });
  };
  for (let minute = 0; minute < 59; minute++) {
    fromAll(minute);
    log.note({ ...REFUSAL, reason: 'wrong token' });
    clock.ms += 60_000;
    log.settleOver();
  }
  t.equal(entered.length, 600);
  log.note({ ...REFUSAL, subject: 'an envoy' });
  t.equal(entered.length, 601, 'what is proven about a caller is not hidden');
  clock.ms += 60_000;
  log.settleOver();
  const counts = entered.slice(601);
  t.equal(counts.length, 2, 'one for each reason');
  const total = (reason: string) =>
    entered.filter((line) => line.startsWith(reason)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  t.equal(total('no token'), 59 * 2000 + 1, 'no refusal is lost');
  t.equal(total('wrong token'), 59);
  log.note({ ...REFUSAL, address: '10.99.0.1' });
  t.equal(entered.at(-1), 'no token 10.99.0.1 1', 'the next hour begins with an entry');
});

t.test('with more than a thousand kinds within a minute, the others are counted together', async (t) => {
  const { entered, log } = make();
  for (let i = 0; i < 2000; i++) log.note({ ...REFUSAL, address: `10.0.${i >> 8}.${i & 255}` });
  log.settleAll();
  t.same(entered.slice(600), ['no token various 1400']);
});

t.test('at the end nothing is lost and nothing entered twice', async (t) => {
  const { entered, log } = make();
  for (let i = 0; i < 3; i++) log.note(REFUSAL);
  log.settleAll();
  log.settleAll();
  t.same(entered, ['no token 192.0.2.1 1', 'no token 192.0.2.1 2']);
});
