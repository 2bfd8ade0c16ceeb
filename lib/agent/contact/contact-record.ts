import * as z from 'zod/mini';
import { type Clock, type EnvoyId, fromUtf8, type Redactor, utf8, VigoError } from '../../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { type EnvoyRecord, refusalFor } from '../../wire/index.js';
import { AgentError } from '../errors.js';
import { adviceFor } from './advice.js';

const MAX_FILE_BYTES = 64 * 1024;
const MAX_TEXT_CHARS = 1000;

/** In the order in which they are told. */
const TASKS = ['check-in', 'standing', 'secrets', 'report', 'clock'] as const;

/** What an agent has to do with its server; `standing` is what the server has decided about this envoy. */
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
const knownAsSchema = z.strictObject({ envoy_id: z.string(), host_name: z.string() });
const fileSchema = z.strictObject({
  version: z.literal(1),
  troubles: z.array(troubleSchema),
  /** The name under which the server has this envoy on record: an operator may have renamed it. */
  known_as: z.optional(knownAsSchema),
});
type ContactFile = z.infer<typeof fileSchema>;

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
  #knownAs: ContactFile['known_as'];

  private constructor(options: ContactRecordOptions, { troubles, known_as }: ContactFile) {
    this.#options = options;
    this.#knownAs = known_as;
    this.#troubles = new Map(troubles.map((trouble) => [trouble.task, trouble]));
  }

  /** Goes on with what an earlier process noted. @throws FilesError */
  static async open(options: ContactRecordOptions): Promise<ContactRecord> {
    return new ContactRecord(options, await readContact(options.path));
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
    await this.#write();
  }

  /** Notes what the server has on record. A quarantine is said at once, and not when a secret is asked for next. */
  async noteRecord(envoyId: EnvoyId, { hostName, standing }: EnvoyRecord): Promise<void> {
    const problem = refusalFor(standing);
    const isNews = this.#troubles.get('standing')?.reason !== problem?.code;
    if (isNews && problem !== undefined) this.#options.warn(problem.message);
    await this.note('standing', problem);
    if (this.#knownAs?.envoy_id === envoyId && this.#knownAs.host_name === hostName) return;
    this.#knownAs = { envoy_id: envoyId, host_name: hostName };
    await this.#write();
  }

  async #write(): Promise<void> {
    const { path, warn } = this.#options;
    const file: ContactFile = { version: 1, troubles: [...this.#troubles.values()], known_as: this.#knownAs };
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

/** Reads the record. A file that isn't one says nothing, and the next contact replaces it. @throws FilesError */
export async function readContact(path: string): Promise<ContactFile> {
  try {
    const bytes = await readFileLimited(path, MAX_FILE_BYTES, { private: true });
    const { troubles, ...rest } = fileSchema.parse(JSON.parse(fromUtf8(bytes)));
    return { ...rest, troubles: troubles.sort((a, b) => TASKS.indexOf(a.task) - TASKS.indexOf(b.task)) };
  } catch (cause) {
    if (cause instanceof FilesError && cause.code !== 'not_found') throw cause;
    return { version: 1, troubles: [] };
  }
}

/** The clocks of both sides, as far as this machine can tell. */
export function clockTrouble(aheadMs: number): AgentError {
  const [difference, side] = [Math.round(Math.abs(aheadMs) / 1000), aheadMs > 0 ? 'ahead of' : 'behind'];
  return new AgentError('wrong_clock', `the clock of this machine is ${difference} s ${side} the server's`, {
    hint: 'set it right: certificates and tokens end by the clock',
  });
}
