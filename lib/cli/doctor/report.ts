import type { Cell } from '../console/line.js';
import type { Finding, Status } from './finding.js';

/** A finding with the check that it comes from. */
export interface ReportLine extends Finding {
  readonly check: string;
}

/** A vault that lost its key has as many findings as files. */
const MAX_LINES = 20;

/** How many of each status there are. */
export function countStatuses(lines: readonly ReportLine[]): Record<Status, number> {
  const count = { ok: 0, warn: 0, fail: 0 };
  for (const { status } of lines) count[status]++;
  return count;
}

/**
 * The findings of one check as lines: status, check and message in columns, what to do next below it. At most 20, the
 * worst ones first.
 * @param width of the widest name of a check
 */
export function describeFindings(check: string, findings: readonly Finding[], width: number): Cell[][] {
  const sorted = (['fail', 'warn', 'ok'] as const).flatMap((status) => findings.filter((one) => one.status === status));
  const indent = ' '.repeat(width + 8);
  const lines = sorted
    .slice(0, MAX_LINES)
    .flatMap(({ status, message, hint }): Cell[][] => [
      [{ text: status, tone: status }, `${' '.repeat(6 - status.length)}${check.padEnd(width)}  ${message}`],
      ...(hint === undefined ? [] : [[indent, { text: 'hint:', tone: 'heading' } as const, ` ${hint}`]]),
    ]);
  const more = sorted.length - MAX_LINES;
  return more > 0 ? [...lines, [`${indent}and ${more} more; --json lists all of them`]] : lines;
}
