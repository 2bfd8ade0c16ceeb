import { compareClasses, type Difference } from './welch.js';

/** A question to the clock: can one tell by the time of `run` which class its input was of? */
export interface Experiment {
  readonly name: string;
  /** Makes an input of class 0 or 1, afresh each time. */
  input(kind: 0 | 1): Uint8Array;
  /** What is timed. Its argument is the same buffer every time, so that no class has the warmer cache. */
  run(input: Uint8Array): unknown;
}

export interface Finding extends Difference {
  readonly medianNs: number;
  /** The difference between the means of the fastest nine tenths that would have given a t of 4.5. */
  readonly resolutionNs: number;
}

/** So many inputs are made beforehand, so that making them doesn't disturb what is measured. */
const BATCH = 2000;
/** The compilers have settled after so many calls. */
const WARM_UP = 20_000;

/** Times an experiment so often, the class of each input drawn at random. */
export function conduct({ input, run }: Experiment, measurements: number): Finding {
  const times = new Float64Array(measurements);
  const classes = new Uint8Array(measurements);
  const staged = input(0).slice();
  for (let done = -WARM_UP; done < measurements; done += BATCH) {
    const drawn = crypto.getRandomValues(new Uint8Array(BATCH)).map((byte) => byte & 1);
    const inputs = Array.from(drawn, (kind) => input(kind === 0 ? 0 : 1));
    for (const [i, each] of inputs.entries()) {
      staged.set(each);
      const start = performance.now();
      run(staged);
      const time = performance.now() - start;
      if (done + i >= 0 && done + i < measurements) {
        times[done + i] = time;
        classes[done + i] = drawn[i] ?? 0;
      }
    }
  }
  const medianNs = 1e6 * (times.toSorted()[measurements >> 1] ?? Number.NaN);
  const difference = compareClasses(times, classes);
  return { ...difference, medianNs, resolutionNs: 4.5 * 1e6 * difference.error };
}
