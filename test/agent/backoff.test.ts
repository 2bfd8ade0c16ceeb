import t from 'tap';
import { jittered, retryMs } from '../../lib/agent/contact/backoff.js';
import { Rejection } from '../../lib/wire/index.js';

t.test('jitter is ten percent to either side', async (t) => {
  t.equal(
    jittered(1000, () => 0),
    900,
  );
  t.equal(
    jittered(1000, () => 0.5),
    1000,
  );
  t.equal(
    jittered(1000, () => 1),
    1100,
  );
});

t.test('back-off doubles from a second to five minutes, the lower half of it by chance', async (t) => {
  t.same(
    [1, 2, 3, 9, 10, 2000].map((failures) => retryMs(failures, undefined, () => 1)),
    [1000, 2000, 4000, 256_000, 300_000, 300_000],
  );
  t.equal(
    retryMs(3, new Rejection('unknown', 'no'), () => 0),
    2000,
  );
});

t.test('an envoy that is revoked, or lapsed, asks hourly', async (t) => {
  for (const reason of ['revoked', 'lapsed'] as const) {
    const waitMs = retryMs(1, new Rejection(reason, 'no'), () => 0.5);
    t.equal(waitMs, 3_600_000, reason);
  }
});
