import t from 'tap';
import { compareClasses } from '../../bench/welch.js';

/** Measurements of two classes, one of each in turn. */
function alternating(first: readonly number[], second: readonly number[]): [Float64Array, Uint8Array] {
  const times = Float64Array.from(first.flatMap((time, i) => [time, second[i] ?? Number.NaN]));
  return [times, Uint8Array.from(times, (_, i) => i % 2)];
}

t.test("Welch's t of two samples of fifteen", async (t) => {
  const [times, classes] = alternating(
    [27.5, 21, 19, 23.6, 17, 17.9, 16.9, 20.1, 21.9, 22.6, 23.1, 19.6, 19, 21.7, 21.4],
    [27.1, 22, 20.8, 23.4, 23.4, 23.5, 25.8, 22, 24.8, 20.2, 21.9, 22.1, 22.9, 20.5, 24.4],
  );
  // scipy.stats.ttest_ind(first, second, equal_var=False)
  t.equal(compareClasses(times, classes).t.toFixed(10), '-2.4553563983');
});

t.test('a small difference under large interruptions is seen once they are cut off', async (t) => {
  const interrupted = (time: number) =>
    Array.from({ length: 5000 }, (_, i) => time + ((i * 7919) % 100) / 10 + (i % 50 === 0 ? 1e6 * (i % 17) : 0));
  const { t: plain, maxT, counts } = compareClasses(...alternating(interrupted(100), interrupted(101)));
  t.ok(Math.abs(plain) < 1);
  t.ok(maxT < -10);
  t.ok(counts[0] + counts[1] < 9900);
});

t.test('classes without a difference have none, cropped or not', async (t) => {
  const times = Array.from({ length: 5000 }, (_, i) => (i * 7919) % 1009);
  t.equal(compareClasses(...alternating(times, times)).maxT, 0);
});
