import { realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { loadSha256 } from '../../crypto/index.js';
import { FilesError, readFileLimited } from '../../files/index.js';
import { ServerError } from '../errors.js';

const MAX_BYTES = 16 * 1024 * 1024;

/** The agent, one file for every architecture, as it lies beside this server's program. */
export class AgentProgram {
  readonly #path: string;
  /** Read once: who takes it slowly holds no memory of his own, and a new one comes with a new server. */
  #bytes: Promise<Uint8Array> | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** @param server the path of this server's program; a link is followed */
  static beside(server: string): AgentProgram {
    return new AgentProgram(join(dirname(realpathSync(server)), 'vigo.mjs'));
  }

  /** @throws ServerError `missing_file`, FilesError */
  read(): Promise<Uint8Array> {
    this.#bytes ??= this.#readFile().catch((cause) => {
      this.#bytes = undefined;
      throw cause;
    });
    return this.#bytes;
  }

  /** SHA-256 of what `read` gives, 32 bytes. @throws as `read` does */
  async hash(): Promise<Uint8Array> {
    return (await loadSha256()).digest(await this.read());
  }

  async #readFile(): Promise<Uint8Array> {
    try {
      return await readFileLimited(this.#path, MAX_BYTES, { followLink: true });
    } catch (cause) {
      if (!(cause instanceof FilesError && cause.code === 'not_found')) throw cause;
      throw new ServerError('missing_file', `there is no ${this.#path}`, {
        hint: 'put the vigo.mjs of the same release beside vigosrv.mjs',
        cause,
      });
    }
  }
}
