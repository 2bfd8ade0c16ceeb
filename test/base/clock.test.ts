import t from 'tap';
import { systemClock } from '../../lib/base/index.js';

t.test('the system clock gives milliseconds since 1970', async (t) => {
  const before = Date.now();
  const now = systemClock.nowMs();
  t.ok(before <= now && now <= Date.now());
});
