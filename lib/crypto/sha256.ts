import type { IHasher } from 'hash-wasm';
import { utf8 } from '../base/index.js';
import { CryptoError } from './errors.js';
import { primitive, requireKnownAnswer } from './primitive.js';
import { wipe } from './random.js';
import { requireBytes } from './size.js';

/** hash-wasm takes its input in through a buffer of this size. */
const BUFFER_BYTES = 16 * 1024;

/** SHA-256 (FIPS 180-4). */
export interface Sha256 {
  /** The 32-byte digest of bytes that are all there. The end of them stays in the library's memory until the next. */
  digest(data: Uint8Array): Uint8Array;
  /** The same for keys and tokens: erases them from the library's memory, which takes as long again. */
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

export const loadSha256: () => Promise<Sha256> = primitive('SHA-256', async () => {
  const { default: hashWasm } = await import('hash-wasm/dist/sha256.umd.min.js');
  const sha256 = new SharedSha256(await hashWasm.createSHA256());
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
 * One hash-wasm instance for everybody, because making one is asynchronous and costs a memory of its own. It belongs
 * to one stream at a time: where another one comes between, the state of the first is saved and loaded again later.
 */
class SharedSha256 implements Sha256 {
  readonly #hasher: IHasher;
  #owner: SharedStream | undefined;

  constructor(hasher: IHasher) {
    this.#hasher = hasher;
  }

  digest(data: Uint8Array): Uint8Array {
    requireBytes('the data', data);
    this.#release();
    return this.#hasher.init().update(data).digest('binary');
  }

  digestSecret(data: Uint8Array): Uint8Array {
    const digest = this.digest(data);
    this.digest(new Uint8Array(Math.min(data.length, BUFFER_BYTES)));
    return digest;
  }

  create(): Sha256Stream {
    return new SharedStream((stream) => this.#acquire(stream));
  }

  #acquire(stream: SharedStream): IHasher {
    if (this.#owner !== stream) {
      this.#release();
      stream.resume(this.#hasher);
      this.#owner = stream;
    }
    return this.#hasher;
  }

  #release(): void {
    this.#owner?.suspend(this.#hasher);
    this.#owner = undefined;
  }
}

class SharedStream implements Sha256Stream {
  readonly #acquire: (stream: SharedStream) => IHasher;
  #saved: Uint8Array | undefined;
  #finished = false;

  constructor(acquire: (stream: SharedStream) => IHasher) {
    this.#acquire = acquire;
  }

  update(data: Uint8Array): this {
    requireBytes('the data', data);
    this.#requireOpen();
    this.#acquire(this).update(data);
    return this;
  }

  digest(): Uint8Array {
    this.#requireOpen();
    const digest = this.#acquire(this).digest('binary');
    this.#finished = true;
    return digest;
  }

  suspend(hasher: IHasher): void {
    if (!this.#finished) this.#saved = hasher.save();
  }

  resume(hasher: IHasher): void {
    if (this.#saved === undefined) {
      hasher.init();
      return;
    }
    hasher.load(this.#saved);
    // The state holds up to 63 bytes of what is being hashed.
    wipe(this.#saved);
    this.#saved = undefined;
  }

  #requireOpen(): void {
    if (this.#finished) throw new CryptoError('disposed', 'this SHA-256 stream already gave its digest');
  }
}
