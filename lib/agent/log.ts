import { type Clock, printable, type Redactor } from '../base/index.js';

/** What the agent says while it runs: one line per event, redacted. */
export interface Log {
  info(event: string): void;
  warn(event: string): void;
}

export function makeLog(clock: Clock, redact: Redactor, write: (line: string) => void): Log {
  const line = (level: string) => (event: string) => {
    write(`${new Date(clock.nowMs()).toISOString()} ${level} ${oneLine(redact(event))}\n`);
  };
  return { info: line('info'), warn: line('warn') };
}

/** Returns the line that says how many lines of the log could not be written. */
export function describeLoss(lost: number): string {
  return `${new Date().toISOString()} warn ${lost} ${lost === 1 ? 'line' : 'lines'} of this log could not be written\n`;
}

/** Returns a text as one line in which nothing is a command to a terminal: a server or a command may have written it. */
export function oneLine(text: string): string {
  return printable(text);
}
