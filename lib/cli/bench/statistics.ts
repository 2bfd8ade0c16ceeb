import type { Times } from './report.js';
import type { Samples } from './sampling.js';

/**
 * Makes the figures of one row out of what several processes measured. They all come from the process that was least
 * disturbed, the one whose medians have the smallest product: ratios mean something within one process only, and a
 * process as such can be slow, because V8's code depends on where its stack happens to lie.
 * @param processes what each measured, the engines in the same order
 */
export function summarize(processes: readonly (readonly Samples[])[]): Times[] {
  const medians = processes.map((row) => row.map(({ ns }) => quantile(ns, 0.5)));
  const disturbance = medians.map((row) => row.reduce((sum, median) => sum + Math.log(median), 0));
  const quietest = processes[disturbance.indexOf(Math.min(...disturbance))] ?? [];
  return quietest.map(({ engine, ns }, lane) => ({
    engine,
    median_ns: quantile(ns, 0.5),
    lower_quartile_ns: quantile(ns, 0.25),
    upper_quartile_ns: quantile(ns, 0.75),
    process_medians_ns: medians.flatMap((row) => row[lane] ?? []),
  }));
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const value = sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  // To a tenth of a nanosecond, which is less than any clock knows.
  return Math.round(value * 10) / 10;
}
