import { dirname } from 'node:path';
import { type TreeWatcher, watchTree } from '../../files/index.js';
import type { KeyedCertificate } from '../../pki/index.js';
import { ServerError } from '../errors.js';
import { readTlsFiles, type TlsFiles, type TlsPaths } from './tls-files.js';

const QUIET_MS = 200;

export interface TlsWatchOptions {
  readonly paths: TlsPaths;
  /** What was read at the start. */
  readonly files: TlsFiles;
  /** Takes other certificates into use. Called again at the next look where it rejects. */
  readonly onChange: (files: TlsFiles) => Promise<void>;
  /** Hears why the files can't be used, once for each reason. */
  readonly onProblem: (problem: unknown) => void;
}

/**
 * The CA and the server's certificate as they are now: read again when the files change, and used only where all four
 * belong together. Until then, the earlier ones stay in use.
 */
export class TlsWatch {
  readonly #options: TlsWatchOptions;
  readonly #watchers: TreeWatcher[] = [];
  #files: TlsFiles;
  #problem = '';
  /** The files differ from what `onChange` took into use last. */
  #isDue = false;
  #looking: Promise<void> = Promise.resolve();

  constructor(options: TlsWatchOptions) {
    this.#options = options;
    this.#files = options.files;
  }

  /** What signs certificates of envoys, and what new tokens pin. */
  get ca(): KeyedCertificate {
    return this.#files.ca;
  }

  get files(): TlsFiles {
    return this.#files;
  }

  async start(): Promise<void> {
    for (const folder of new Set(Object.values(this.#options.paths).map((path) => dirname(path)))) {
      this.#watchers.push(watchTree(folder, () => this.look(), { quietMs: QUIET_MS }));
    }
    await Promise.all(this.#watchers.map(({ ready }) => ready));
    // What changed between the start and the first watch.
    await this.look();
  }

  /** Ends when the look that is under way has. */
  async stop(): Promise<void> {
    for (const watcher of this.#watchers) watcher.close();
    await this.#looking;
  }

  /** Looks once. Several folders may change at once: they are looked at one after the other. */
  look(): Promise<void> {
    const look = this.#looking.then(() => this.#look());
    // One look that fails must not be the last.
    this.#looking = look.catch(() => {});
    return look;
  }

  async #look(): Promise<void> {
    try {
      const files = await readTlsFiles(this.#options.paths);
      // Against a chain that was put back, to have the certificates of a former CA count again.
      if (files.trustNumber < this.#files.trustNumber) throw steppedBack(this.#options.paths);
      this.#isDue ||= !isSame(files, this.#files);
      this.#files = files;
      if (this.#isDue) await this.#options.onChange(files);
      this.#isDue = false;
      this.#problem = '';
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      if (message !== this.#problem) this.#options.onProblem(error);
      this.#problem = message;
    }
  }
}

function isSame(a: TlsFiles, b: TlsFiles): boolean {
  return (
    a.certificatePem === b.certificatePem &&
    a.key.equals(b.key) &&
    a.ca.certificatePem === b.ca.certificatePem &&
    a.authorities.join() === b.authorities.join()
  );
}

function steppedBack({ trust }: TlsPaths): ServerError {
  return new ServerError('stepped_back', `the chain of trust ${trust} is shorter than it was`, {
    hint: 'restore it: an envoy that followed it takes no step back',
  });
}
