import type { Clock, Redactor } from '../base/index.js';

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

/** Spells out control characters: what a command or a server printed is no command to a terminal, and no second line. */
export function oneLine(text: string): string {
  return text.replaceAll('\n', '\\n').replaceAll(/\p{Cc}/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
