import { type Logger, pino, stdTimeFunctions } from 'pino';
import { type SteadyClock, VigoError } from '../../base/index.js';
import { lineWriter } from '../../files/index.js';
import { Tallies } from '../abuse/tallies.js';

const FAULT_WINDOW_MS = 60_000;
/** How many kinds of faults are told apart at one time. */
const MAX_FAULTS = 100;

/** Where the server's events go. */
export type EventLog = Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;

/**
 * Opens the server's log: one JSON object a line on stderr, with `level` as a word, `time` in ISO 8601, `event`, and `msg`
 * for people. Writing it never throws and never stops the server; lines that a full disk or a closed pipe refused are counted.
 */
export function openLog(): Logger {
  const write = lineWriter(2, (lost) => `${describeLoss(lost)}\n`);
  return pino(
    {
      base: { program: 'vigosrv' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write: (line: string) => write(printable(line)) },
  );
}

/** Returns the fields of an error: in a few words where it is ours, with its stack where it is a defect. */
export function faultFields(error: unknown): { reason: string; hint?: string | undefined } | { err: unknown } {
  if (!(error instanceof VigoError) || error.kind === 'internal') return { err: error };
  const { message: reason, hint } = error;
  return hint === undefined ? { reason } : { reason, hint };
}

/** Logs what goes wrong in the server: the same at most once a minute, with how often it happened. */
export class FaultLog {
  readonly #faults: Tallies<{ event: string; error: unknown; words: string }>;

  constructor(log: Pick<EventLog, 'error'>, clock: SteadyClock) {
    this.#faults = new Tallies(FAULT_WINDOW_MS, clock, ({ event, error, words }, count) => {
      log.error({ event, ...faultFields(error), ...(count === 1 ? {} : { count }) }, words);
    });
  }

  /** @param event its name, like `call.failed` */
  note(event: string, error: unknown, words: string): void {
    const kind = `${event} ${error instanceof Error ? error.message : error}`;
    const isOneMore = this.#faults.size >= MAX_FAULTS && !this.#faults.has(kind);
    this.#faults.note(isOneMore ? event : kind, { event, error, words });
  }

  /** Logs the counts of the minutes that are over. */
  settleOver(): void {
    this.#faults.settleOver();
  }
}

/** Spells out what JSON leaves as it is, and a terminal takes for a command or for another order of the letters. */
function printable(line: string): string {
  return line.replaceAll(/[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

function describeLoss(lost: number): string {
  const event = { level: 'warn', time: new Date().toISOString(), program: 'vigosrv', event: 'log.lines_lost', lost };
  return JSON.stringify({ ...event, msg: 'lines of this log could not be written' });
}
