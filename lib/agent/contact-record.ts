import * as z from 'zod/mini';
import { type Clock, fromUtf8, type Redactor, utf8, VigoError } from '../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../files/index.js';
import { adviceFor } from './advice.js';
import { AgentError } from './errors.js';

const MAX_FILE_BYTES = 64 * 1024;
const MAX_TEXT_CHARS = 1000;

/** In the order in which they are told. */
const TASKS = ['check-in', 'secrets', 'report', 'clock'] as const;

/** What an agent has to do with its server. */
export type Task = (typeof TASKS)[number];

const troubleSchema = z.strictObject({
  task: z.enum(TASKS),
  /** For programs: the reason of a rejection, or the code of another error. */
  reason: z.string(),
  message: z.string(),
  /** What to do about it, where somebody can do something. */
  advice: z.nullable(z.string()),
  since_ms: z.int(),
});
const fileSchema = z.strictObject({ version: z.literal(1), troubles: z.array(troubleSchema) });

/** What doesn't work with the server, and since when for this reason. */
export type Trouble = z.infer<typeof troubleSchema>;

export interface ContactRecordOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly redact: Redactor;
  /** Hears that the record can't be written. That stops nothing else. */
  readonly warn: (event: string) => void;
}

/** Keeps for `vigo status` what doesn't work, and writes only where that changes. */
export class ContactRecord {
  readonly #options: ContactRecordOptions;
  readonly #troubles: Map<Task, Trouble>;

  private constructor(options: ContactRecordOptions, troubles: readonly Trouble[]) {
    this.#options = options;
    this.#troubles = new Map(troubles.map((trouble) => [trouble.task, trouble]));
  }

  /** Goes on with what an earlier process noted. @throws FilesError */
  static async open(options: ContactRecordOptions): Promise<ContactRecord> {
    return new ContactRecord(options, await readTroubles(options.path));
  }

  /** Notes how `act` ends, whose error passes. @throws what `act` throws */
  async follow<T>(task: Task, act: () => Promise<T>): Promise<T> {
    try {
      const result = await act();
      await this.note(task, undefined);
      return result;
    } catch (cause) {
      if (cause instanceof VigoError) await this.note(task, cause);
      throw cause;
    }
  }

  /** @param problem undefined where the task was done */
  async note(task: Task, problem: VigoError | undefined): Promise<void> {
    const before = this.#troubles.get(task);
    const trouble = problem && this.#describe(task, problem, before);
    if (before?.reason === trouble?.reason && before?.message === trouble?.message) return;
    if (trouble === undefined) this.#troubles.delete(task);
    else this.#troubles.set(task, trouble);
    const file: z.infer<typeof fileSchema> = { version: 1, troubles: [...this.#troubles.values()] };
    const { path, warn } = this.#options;
    await writeFileAtomic(path, utf8(JSON.stringify(file)), { mode: 0o600 }).catch((cause) => {
      if (!(cause instanceof FilesError)) throw cause;
      warn(`vigo status won't know: ${cause.message}`);
    });
  }

  #describe(task: Task, problem: VigoError, before: Trouble | undefined): Trouble {
    const { redact, clock } = this.#options;
    const fit = (text: string) => redact(text).slice(0, MAX_TEXT_CHARS);
    const advice = adviceFor(problem);
    return {
      task,
      reason: problem.code,
      message: fit(problem.message),
      advice: advice === undefined ? null : fit(advice),
      // How it is told may change while the reason stays.
      since_ms: before?.reason === problem.code ? before.since_ms : clock.nowMs(),
    };
  }
}

/** What isn't a record any more is no trouble: the next contact tells. @throws FilesError */
export async function readTroubles(path: string): Promise<Trouble[]> {
  try {
    const bytes = await readFileLimited(path, MAX_FILE_BYTES, { private: true });
    const { troubles } = fileSchema.parse(JSON.parse(fromUtf8(bytes)));
    return troubles.sort((a, b) => TASKS.indexOf(a.task) - TASKS.indexOf(b.task));
  } catch (cause) {
    if (cause instanceof FilesError && cause.code !== 'not_found') throw cause;
    return [];
  }
}

/** The clocks of both sides, as far as this machine can tell. */
export function clockTrouble(aheadMs: number): AgentError {
  const [difference, side] = [Math.round(Math.abs(aheadMs) / 1000), aheadMs > 0 ? 'ahead of' : 'behind'];
  return new AgentError('wrong_clock', `the clock of this machine is ${difference} s ${side} the server's`, {
    hint: 'set it right: certificates and tokens end by the clock',
  });
}
