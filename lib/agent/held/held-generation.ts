import { decodeCanonical, type EnvoyId, encodeCanonical, equalBytes, utf8, VigoError } from '../../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { GENERATION_BYTES } from '../../wire/index.js';
import { AgentError } from '../errors.js';

const TAG = 'vigo/held-generation/v1';
const MAX_FILE_BYTES = 1024;

/**
 * The generation that the server handed out last: what tells this machine from a copy of it. It is on the disk before
 * anything else of the answer counts, so that a crash leaves a state which the server still knows.
 */
export class HeldGeneration {
  readonly #path: string;
  readonly #envoyId: EnvoyId;
  #current: Uint8Array | undefined;

  private constructor(path: string, envoyId: EnvoyId, current: Uint8Array | undefined) {
    this.#path = path;
    this.#envoyId = envoyId;
    this.#current = current;
  }

  /**
   * One of another envoy, that this machine was before, counts for nothing.
   * @throws AgentError `bad_state` for a file that isn't a generation, FilesError
   */
  static async open(path: string, envoyId: EnvoyId): Promise<HeldGeneration> {
    return new HeldGeneration(path, envoyId, await read(path, envoyId));
  }

  /** What to quote. */
  get current(): Uint8Array | undefined {
    return this.#current;
  }

  /** @param generation 40 bytes. @throws FilesError; the one before stays then */
  async store(generation: Uint8Array): Promise<void> {
    await writeFileAtomic(this.#path, encodeCanonical(TAG, this.#envoyId, generation), { mode: 0o600 });
    this.#current = Uint8Array.from(generation);
  }
}

async function read(path: string, envoyId: EnvoyId): Promise<Uint8Array | undefined> {
  try {
    const fields = decodeCanonical(TAG, 2, await readFileLimited(path, MAX_FILE_BYTES, { private: true }));
    const isOurs = equalBytes(fields.bytes(), utf8(envoyId));
    const generation = fields.bytes(GENERATION_BYTES);
    return isOurs ? generation : undefined;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    if (cause instanceof FilesError || !(cause instanceof VigoError)) throw cause;
    throw new AgentError('bad_state', `${path} is not what this agent wrote: ${cause.message}`, {
      hint: 'remove it; the server takes this machine for a copy of itself then, until an operator releases it',
      cause,
    });
  }
}
