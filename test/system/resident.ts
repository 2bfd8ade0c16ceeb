import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** Bounds a hang alone: far above what a step takes on a slow machine that is busy. */
export const PATIENCE_MS = 300_000;

/** A program that stays: what it has said, and waiting for what it will say. */
export class Resident {
  readonly child: ChildProcess;
  /** Both streams, as it came. */
  said = '';

  constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.said += chunk;
      });
    }
  }

  /** @param from how much of what it said is not looked at. */
  async says(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    for (;;) {
      const found = pattern.exec(this.said.slice(from));
      if (found !== null) return found;
      if (this.child.exitCode !== null || this.child.signalCode !== null || patience.aborted) {
        throw new Error(`it never said ${pattern}:\n${this.said}`);
      }
      await nextOutput(this.child, patience);
    }
  }

  /** @returns the exit code, null where the signal ended it */
  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended();
  }

  /** Waits for it to end by itself. */
  async ended(): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null) {
      await once(child, 'exit', { signal: AbortSignal.timeout(PATIENCE_MS) });
    }
    return child.exitCode;
  }
}

function nextOutput(child: ChildProcess, patience: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = () => {
      for (const stream of [child.stdout, child.stderr]) stream?.off('data', settle);
      child.off('close', settle);
      patience.removeEventListener('abort', settle);
      resolve();
    };
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', settle);
    child.on('close', settle);
    patience.addEventListener('abort', settle);
  });
}
