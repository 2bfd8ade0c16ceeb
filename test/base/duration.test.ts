import fc from 'fast-check';
import t from 'tap';
import { formatDuration, parseDurationMs } from '../../lib/base/index.js';

t.test('seconds, minutes, hours and days', async (t) => {
  t.equal(parseDurationMs('1s'), 1000);
  t.equal(parseDurationMs('90s'), 90_000);
  t.equal(parseDurationMs('15m'), 900_000);
  t.equal(parseDurationMs('24h'), 86_400_000);
  t.equal(parseDurationMs('30d'), 2_592_000_000);
});

t.test('anything else is refused', async (t) => {
  for (const text of [
    '',
    '0s',
    '01s',
    '-1s',
    '1',
    's',
    '1.5h',
    '1 h',
    '1h30m',
    '1H',
    '1w',
    '1ms',
    ' 1s',
    '1s\n',
    '१s',
  ]) {
    t.throws(() => parseDurationMs(text), { name: 'BaseError', code: 'bad_duration' }, JSON.stringify(text));
  }
});

t.test('the longest is still a date when it begins today', async (t) => {
  t.ok(Number.isFinite(new Date(Date.UTC(2100, 0) + parseDurationMs('9999999d')).getTime()));
  t.throws(() => parseDurationMs('10000000d'), { name: 'BaseError', code: 'bad_duration' });
});

t.test('what is read is written in its shortest spelling and read again', async () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 9_999_999 }), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
      const text = `${count}${unit}`;
      const shortest = formatDuration(parseDurationMs(text));
      return shortest.length <= text.length && parseDurationMs(shortest) === parseDurationMs(text);
    }),
  );
});

t.test('for messages', async (t) => {
  for (const [ms, text] of [
    [86_400_000, '1d'],
    [90_000, '90s'],
    [5_400_000, '90m'],
    [1500, '1.5s'],
    [0, '0s'],
  ] as const) {
    t.equal(formatDuration(ms), text);
  }
});
