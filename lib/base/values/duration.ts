import { BaseError } from '../errors.js';

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/**
 * Reads `90s`, `15m`, `24h`, `30d` as milliseconds. Seven digits at most, so that the sum with any time of today is
 * still a date.
 * @throws BaseError `bad_duration`
 */
export function parseDurationMs(text: string): number {
  const [, digits, unit] = /^([1-9][0-9]{0,6})([smhd])$/.exec(text) ?? [];
  const unitMs = unit === undefined ? undefined : UNIT_MS[unit];
  if (digits === undefined || unitMs === undefined) {
    throw new BaseError('bad_duration', `${JSON.stringify(text)} is not a duration`, {
      hint: 'like 90s, 15m, 24h or 30d',
    });
  }
  return Number(digits) * unitMs;
}

/** The shortest exact spelling, for messages; `parseDurationMs` reads that of whole seconds back. */
export function formatDuration(ms: number): string {
  for (const unit of ['d', 'h', 'm']) {
    const unitMs = UNIT_MS[unit] as number;
    if (ms >= unitMs && ms % unitMs === 0) return `${ms / unitMs}${unit}`;
  }
  return `${ms / 1000}s`;
}
