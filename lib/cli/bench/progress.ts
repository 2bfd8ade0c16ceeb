import type { BenchOptions } from './bench.js';

const ERASE_LINE = '\r\x1b[2K';

/** A line on a terminal that says what is measured, and is gone afterwards. Nothing where stderr is no terminal. */
export function showProgress(processes: number): { onProgress: BenchOptions['onProgress']; end(): void } {
  const write = (text: string) => void (process.stderr.isTTY && process.stderr.write(text));
  return {
    onProgress({ process, row, rows, name }) {
      write(`${ERASE_LINE}process ${process} of ${processes}, ${row + 1} of ${rows}: ${name}`);
    },
    end: () => write(ERASE_LINE),
  };
}
