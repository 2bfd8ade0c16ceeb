import { isatty } from 'node:tty';
import { toStderr } from '../../files/index.js';
import type { BenchOptions } from './bench.js';

const ERASE_LINE = '\r\x1b[2K';

/** A line on a terminal that says what is measured, and is gone afterwards. Nothing where stderr is no terminal. */
export function showProgress(
  processes: number,
  { quiet }: { quiet: boolean },
): { onProgress: BenchOptions['onProgress']; end(): void } {
  const silent = quiet || !isatty(2);
  const write = (text: string) => void (silent || toStderr(text));
  return {
    onProgress({ process, row, rows, name }) {
      write(`${ERASE_LINE}process ${process} of ${processes}, ${row + 1} of ${rows}: ${name}`);
    },
    end: () => write(ERASE_LINE),
  };
}
