import { type Logger, pino, stdTimeFunctions } from 'pino';
import { lineWriter } from '../files/index.js';

/**
 * Opens the server's log: one JSON object a line, with `level` as a word and `time` in ISO 8601, on stderr. Writing it
 * never throws and never stops the server; lines that a full disk or a closed pipe refused are counted.
 */
export function openLog(): Logger {
  const write = lineWriter(2, (lost) => `${describeLoss(lost)}\n`);
  return pino(
    {
      base: { program: 'vigosrv' },
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
    },
    { write },
  );
}

function describeLoss(lost: number): string {
  const event = { level: 'warn', time: new Date().toISOString(), program: 'vigosrv', event: 'log.lines_lost', lost };
  return JSON.stringify({ ...event, msg: 'lines of this log could not be written' });
}
