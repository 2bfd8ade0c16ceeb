import { isatty } from 'node:tty';
import { toStderr } from '../../files/index.js';

const WIDTH = 24;
const REDRAW_MS = 100;

/** A bar with rate and time left, on stderr where that is a terminal; silent elsewhere, and where that is wanted. */
export class Progress {
  readonly #silent: boolean;
  readonly #unit: string;
  readonly #startMs = performance.now();
  #drawnMs = 0;

  /** @param unit behind every number, like ` MB` */
  constructor({ quiet, unit = '' }: { quiet: boolean; unit?: string }) {
    this.#silent = quiet || !isatty(2);
    this.#unit = unit;
  }

  update(done: number, total: number): void {
    const nowMs = performance.now();
    if (this.#silent || (nowMs - this.#drawnMs < REDRAW_MS && done < total)) return;
    this.#drawnMs = nowMs;
    toStderr(`\r${describeProgress(done, total, nowMs - this.#startMs, this.#unit)}\x1b[K`);
  }

  /** Leaves an empty line for what is said next. */
  end(): void {
    if (this.#drawnMs > 0) toStderr('\r\x1b[K');
  }
}

/** Like `[######------------------]  250 of 1000  125/s  6s left`. */
export function describeProgress(done: number, total: number, elapsedMs: number, unit = ''): string {
  const filled = total === 0 ? WIDTH : Math.floor((WIDTH * done) / total);
  const perSecond = done / Math.max(elapsedMs / 1000, 0.001);
  const leftSeconds = done === 0 ? undefined : Math.ceil((total - done) / perSecond);
  const left = leftSeconds === undefined ? '' : `  ${formatSeconds(leftSeconds)} left`;
  return `[${'#'.repeat(filled).padEnd(WIDTH, '-')}]  ${done} of ${total}${unit}  ${Math.round(perSecond)}${unit}/s${left}`;
}

function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes}m ${seconds % 60}s` : `${Math.floor(minutes / 60)}h ${minutes % 60}m`;
}
