import t from 'tap';
import { parseEnvoyId } from '../../lib/base/index.js';
import { RateLimit } from '../../lib/server/abuse/rate-limit.js';
import { EnvoyLimits } from '../../lib/server/rpc/envoy-limits.js';
import { ManualClock } from './kit.js';

const ENVOY_ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');

const OPTIONS = { burst: 3, refillMs: 1000, maxNetworks: 2 };

function takes(limit: RateLimit, address: string, nowMs: number, times: number): number[] {
  return Array.from({ length: times }, () => limit.take(address, nowMs));
}

t.test('a burst, then one per interval, and never more than a burst', async (t) => {
  const limit = new RateLimit(OPTIONS);
  t.same(takes(limit, 'a', 0, 5), [0, 0, 0, 1000, 1000]);
  t.equal(limit.take('a', 999), 1, 'it says how long to wait');
  t.same(takes(limit, 'a', 1000, 2), [0, 1000]);
  t.same(takes(limit, 'a', 3_600_000, 4), [0, 0, 0, 1000]);
});

t.test('each network has its own, and a host of IPv6 has one', async (t) => {
  const limit = new RateLimit(OPTIONS);
  t.same(takes(limit, '2001:db8::1', 0, 3), [0, 0, 0]);
  t.not(limit.take('2001:db8::2', 0), 0);
  t.equal(limit.take('2001:db8:0:1::1', 0), 0);
});

t.test('what is given back can be taken again, up to the burst', async (t) => {
  const limit = new RateLimit(OPTIONS);
  takes(limit, 'a', 0, 3);
  limit.giveBack('a', 0);
  t.same(takes(limit, 'a', 0, 2), [0, 1000]);
  for (let i = 0; i < 10; i++) limit.giveBack('b', 0);
  t.same(takes(limit, 'b', 0, 4), [0, 0, 0, 1000]);
});

t.test('a clock that is set back earns nothing', async (t) => {
  const limit = new RateLimit(OPTIONS);
  takes(limit, 'a', 10_000, 3);
  t.equal(limit.take('a', 0), 1000);
  t.equal(limit.take('a', 1000), 0);
});

t.test('the memory is bounded: the quietest network is forgotten', async (t) => {
  const limit = new RateLimit(OPTIONS);
  takes(limit, 'a', 0, 3);
  takes(limit, 'b', 0, 3);
  limit.take('a', 0);
  limit.take('c', 0); // forgets b
  t.equal(limit.take('a', 0), 1000, 'the one that keeps trying is remembered');
  t.equal(limit.take('b', 0), 0);
});

t.test('a server whose clock is set back does not tell its envoys that they ask too often', async (t) => {
  for (const setMs of [-90_000, -3_600_000, 40 * 86_400_000]) {
    const clock = new ManualClock();
    const limits = new EnvoyLimits({ resolvesPerHour: 2 }, clock);
    const ask = () => limits.demandResolve(ENVOY_ID);
    ask();
    ask();
    t.throws(ask, { name: 'Rejection', code: 'busy' });
    clock.setMs = setMs;
    t.throws(ask, { name: 'Rejection', code: 'busy' }, 'a jump gives nothing either');
    clock.ms += 1_800_000;
    ask();
  }
});
