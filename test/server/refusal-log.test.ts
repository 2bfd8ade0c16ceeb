import t from 'tap';
import { type Refusal, RefusalLog } from '../../lib/server/refusal-log.js';
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

t.test('a clock that is set back ends the minute', async (t) => {
  const { clock, entered, log } = make();
  log.note(REFUSAL);
  log.note(REFUSAL);
  clock.ms -= 86_400_000;
  log.settleOver();
  log.note(REFUSAL);
  t.same(entered, Array(3).fill('no token 192.0.2.1 1'));
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

t.test('with a thousand addresses a minute, the others are counted together', async (t) => {
  const { clock, entered, log } = make();
  const fromAll = (octet: number) => {
    for (let i = 0; i < 2000; i++) log.note({ ...REFUSAL, address: `10.${octet}.${i >> 8}.${i & 255}` });
  };
  fromAll(0);
  t.equal(entered.length, 1001);
  t.equal(entered.at(-1), 'no token various 1');
  fromAll(1);
  fromAll(0);
  t.equal(entered.length, 1001, 'and take no room');
  clock.ms += 60_000;
  log.settleOver();
  t.equal(entered.length, 2002);
  t.ok(entered.includes('no token 10.0.0.7 1'), 'those that were first have their own count');
  t.ok(entered.includes('no token various 3999'));
  log.note({ ...REFUSAL, address: '10.2.0.1' });
  t.equal(entered.at(-1), 'no token 10.2.0.1 1', 'the next minute begins anew');
});

t.test('at the end nothing is lost and nothing entered twice', async (t) => {
  const { entered, log } = make();
  for (let i = 0; i < 3; i++) log.note(REFUSAL);
  log.settleAll();
  log.settleAll();
  t.same(entered, ['no token 192.0.2.1 1', 'no token 192.0.2.1 2']);
});
