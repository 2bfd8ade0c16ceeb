/** How different the times of two classes are. */
export interface Difference {
  /** Welch's t over all measurements: positive where the first class takes longer. */
  readonly t: number;
  /** The t that is farthest from zero, over all measurements and over those below each of 100 percentiles. */
  readonly maxT: number;
  /** The standard error of the difference between the means of the fastest nine tenths, in the unit of the times. */
  readonly error: number;
  /** How many measurements of each class were behind `maxT`. */
  readonly counts: readonly [number, number];
}

/**
 * The test of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?", DATE 2017). Interruptions make
 * the slowest measurements useless and are the same for both classes, so the test is repeated with the slow ones cut off
 * at percentiles that come ever closer to 100.
 * @param times of one measurement each, in any unit
 * @param classes 0 or 1 for each of them
 */
export function compareClasses(times: Float64Array, classes: Uint8Array): Difference {
  const sorted = times.toSorted();
  const thresholds = Array.from({ length: 100 }, (_, i) => {
    const percentile = 1 - 0.5 ** ((10 * (i + 1)) / 100);
    return sorted[Math.floor(percentile * (sorted.length - 1))] ?? Number.NaN;
  });
  const all = welch(times, classes, Number.POSITIVE_INFINITY);
  let farthest = all;
  for (const threshold of new Set(thresholds)) {
    const cropped = welch(times, classes, threshold);
    if (Math.abs(cropped.t) > Math.abs(farthest.t)) farthest = cropped;
  }
  const { error } = welch(times, classes, sorted[Math.floor(0.9 * sorted.length)] ?? Number.NaN);
  return { t: all.t, maxT: farthest.t, error, counts: farthest.counts };
}

/** Welch's t of the measurements up to a threshold, with Welford's running means and variances. */
function welch(times: Float64Array, classes: Uint8Array, threshold: number) {
  const first = { count: 0, mean: 0, squares: 0 };
  const second = { ...first };
  for (const [i, time] of times.entries()) {
    if (time > threshold) continue;
    const each = classes[i] === 0 ? first : second;
    const delta = time - each.mean;
    each.count++;
    each.mean += delta / each.count;
    each.squares += delta * (time - each.mean);
  }
  const [a = 0, b = 0] = [first, second].map(({ count, squares }) => squares / (count - 1) / count);
  const error = Math.sqrt(a + b);
  const t = error > 0 ? (first.mean - second.mean) / error : 0;
  return { t, error, counts: [first.count, second.count] as const };
}
