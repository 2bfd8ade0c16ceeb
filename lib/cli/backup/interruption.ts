import { toStderr } from '../../files/index.js';
import { CliError } from '../errors.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Lets work that takes long end in order when a signal asks for it. */
export interface Interruption {
  /** From here on a first signal interrupts, and a second one ends at once. Before it both end at once, as a prompt wants. */
  arm(): void;
  /** The same pieces, until the signal. @throws CliError `interrupted` */
  guard<T>(pieces: AsyncIterable<T>): AsyncGenerator<T>;
  /** The same result, unless the signal comes first: for what waits for others. @throws CliError `interrupted` */
  race<T>(waiting: Promise<T>): Promise<T>;
}

/**
 * Runs `work`, whose clean-up a signal doesn't skip: a half backup is no backup, and a half home holds the master key.
 * Then the process ends of that signal, so that a script which calls it ends as well.
 */
export async function interruptibly<T>(work: (interruption: Interruption) => Promise<T>): Promise<T> {
  const received: NodeJS.Signals[] = [];
  let reject: (error: CliError) => void = () => {};
  const interrupted = new Promise<never>((_, rejected) => {
    reject = rejected;
  });
  interrupted.catch(() => {}); // it may come when nobody waits
  const interrupt = (name: NodeJS.Signals) => {
    disarm();
    received.push(name);
    reject(new CliError('interrupted', `stopped by ${name}; nothing of it is left`));
  };
  const disarm = () => {
    for (const name of SIGNALS) process.off(name, interrupt);
  };
  const race = <V>(waiting: Promise<V>) => Promise.race([waiting, interrupted]);
  try {
    return await work({
      arm: () => {
        for (const name of SIGNALS) process.on(name, interrupt);
      },
      race,
      async *guard(pieces) {
        const iterator = pieces[Symbol.asyncIterator]();
        try {
          for (let next = await race(iterator.next()); !next.done; next = await race(iterator.next())) yield next.value;
        } finally {
          // Not waited for: behind a read that never ends it wouldn't end either.
          iterator.return?.()?.catch(() => {});
        }
      },
    });
  } catch (cause) {
    const [signal] = received;
    if (signal !== undefined && cause instanceof CliError && cause.code === 'interrupted') {
      toStderr(`${cause.message}\n`);
      process.kill(process.pid, signal);
    }
    throw cause;
  } finally {
    disarm();
  }
}
