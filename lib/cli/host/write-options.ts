import { parseDurationMs, systemClock } from '../../base/index.js';
import type { WriteCondition } from '../../vault/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import { fromCommandLine } from '../console/from-command-line.js';
import { CliError } from '../errors.js';

export const ifVersionOption: CommandOption = {
  name: 'if-version',
  value: 'n',
  summary: 'Only if this is the current version; 0: only if there is none',
};

export const expiresOption: CommandOption = {
  name: 'expires',
  value: 'duration',
  summary: 'When it should be replaced, like 90d from now; list warns then',
};

export function readCondition(flags: Flags): WriteCondition {
  return { ifVersion: readNumber(flags, 'if-version', { least: 0 }) };
}

/** Milliseconds since 1970. @throws CliError `usage` */
export function readExpiry(flags: Flags): number | undefined {
  const text = flags.text('expires');
  return text === undefined ? undefined : systemClock.nowMs() + fromCommandLine(() => parseDurationMs(text));
}

/** @throws CliError `usage` */
export function readNumber(
  flags: Flags,
  name: string,
  { least, most }: { least: number; most?: number },
): number | undefined {
  const text = flags.text(name);
  if (text === undefined) return undefined;
  const number = /^(0|[1-9][0-9]{0,9})$/.test(text) ? Number(text) : Number.NaN;
  if (number >= least && number <= (most ?? number)) return number;
  const range = most === undefined ? `from ${least}` : `from ${least} to ${most}`;
  throw new CliError('usage', `--${name} ${JSON.stringify(text)} is not a whole number ${range}`);
}
