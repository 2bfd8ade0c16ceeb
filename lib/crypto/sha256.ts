import { utf8 } from '../base/index.js';
import { CryptoError } from './errors.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { wipe } from './random.js';
import { Sha256Module } from './sha256-module.js';
import { requireBytes } from './size.js';

/** SHA-256 (FIPS 180-4). */
export interface Sha256 {
  /** The 32-byte digest of bytes that are all there. The end of them stays in the module's memory until the next. */
  digest(data: Uint8Array): Uint8Array;
  /** The same for keys and tokens: erases them from the module's memory. */
  digestSecret(data: Uint8Array): Uint8Array;
  /** A digest of bytes that come in parts, or of a chain of parts. */
  create(): Sha256Stream;
}

export interface Sha256Stream {
  update(data: Uint8Array): this;
  /**
   * The 32-byte digest of everything so far; the stream is finished with it.
   * @throws CryptoError `disposed` for a second call, and for an `update` after it.
   */
  digest(): Uint8Array;
}

/**
 * Loads hash-wasm's module and checks it against its hash and its known answers.
 * @throws CryptoError `self_test`; `unsupported` where there is no WebAssembly
 */
export const loadSha256: () => Promise<Sha256> = primitive('SHA-256', async () => {
  const sha256 = new SharedSha256(new Sha256Module());
  // FIPS 180-2, appendix B.1 and B.2; the second takes two blocks.
  requireKnownAnswer(
    'SHA-256',
    sha256.digest(utf8('abc')),
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  );
  requireKnownAnswer(
    'SHA-256',
    sha256.create().update(utf8('abcdbcdecdefdefgefghfghighij')).update(utf8('hijkijkljklmklmnlmnomnopnopq')).digest(),
    '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
  );
  return sha256;
});

/**
 * One module for everybody, because each has a memory of its own. It belongs to one stream at a time: where another
 * one comes between, the state of the first is saved and loaded again later.
 */
class SharedSha256 implements Sha256 {
  readonly #module: Sha256Module;
  #owner: SharedStream | undefined;

  constructor(module: Sha256Module) {
    this.#module = module;
  }

  digest(data: Uint8Array): Uint8Array {
    const length = requireBytes('the data', data);
    this.#release();
    return this.#module.digest(data, length);
  }

  digestSecret(data: Uint8Array): Uint8Array {
    const digest = this.digest(data);
    this.#module.wipe();
    return digest;
  }

  create(): Sha256Stream {
    return new SharedStream((stream) => this.#acquire(stream));
  }

  #acquire(stream: SharedStream): Sha256Module {
    if (this.#owner !== stream) {
      this.#release();
      stream.resume(this.#module);
      this.#owner = stream;
    }
    return this.#module;
  }

  #release(): void {
    this.#owner?.suspend(this.#module);
    this.#owner = undefined;
  }
}

class SharedStream implements Sha256Stream {
  readonly #acquire: (stream: SharedStream) => Sha256Module;
  #saved: Uint8Array | undefined;
  #finished = false;

  constructor(acquire: (stream: SharedStream) => Sha256Module) {
    this.#acquire = acquire;
  }

  update(data: Uint8Array): this {
    const length = requireBytes('the data', data);
    this.#requireOpen();
    this.#acquire(this).update(data, length);
    return this;
  }

  digest(): Uint8Array {
    this.#requireOpen();
    const digest = this.#acquire(this).finish();
    this.#finished = true;
    return digest;
  }

  suspend(module: Sha256Module): void {
    if (!this.#finished) this.#saved = module.save();
  }

  resume(module: Sha256Module): void {
    if (this.#saved === undefined) {
      module.begin();
      return;
    }
    module.load(this.#saved);
    // The state holds up to 63 bytes of what is being hashed.
    wipe(this.#saved);
    this.#saved = undefined;
  }

  #requireOpen(): void {
    if (this.#finished) throw new CryptoError('disposed', 'this SHA-256 stream already gave its digest');
  }
}
