import { CryptoError } from '../errors.js';
import { primitive } from '../primitive.js';
import { requireBytes, requireRoom, requireSize } from '../size.js';
import { chooseKernel, type KernelInfo } from './builds.js';
import { ContextPool, KeyContext } from './contexts.js';
import type { Kernel } from './kernel.js';
import { openMessage, SEAL_OVERHEAD_BYTES, sealMessage } from './message.js';
import { NonceSource } from './nonces.js';

export { type KernelInfo, SEAL_OVERHEAD_BYTES };

const KEY_BYTES = 32;

/** Random nonces of 96 bits are good for so many messages under one key (SP 800-38D section 8.3). */
const MAX_MESSAGES = 2 ** 32;

const NONE = new Uint8Array(0);

/** AES-256-GCM (NIST SP 800-38D), with 96-bit nonces and 128-bit tags. */
export interface Aes256Gcm {
  /** What it runs on here. */
  readonly kernel: KernelInfo;
  /**
   * Takes a copy of the key.
   * @param key 32 bytes
   * @throws CryptoError `bad_size`
   */
  importKey(key: Uint8Array): Aes256GcmKey;
}

/**
 * A key inside the module. A key that is dropped without `dispose` is wiped when the collector finds it, or never.
 *
 * `…Into` write to the start of a buffer of the caller's and give the number of bytes that they wrote; for short messages
 * that saves a good part of the time. The buffer may be any part of the one that the input lies in: the result is the same.
 * What throws has written nothing.
 */
export interface Aes256GcmKey {
  /**
   * Encrypts and authenticates under a fresh random nonce.
   * @param plaintext 0 to 2^36 − 32 bytes
   * @param aad what `open` must be given again, of any length; it isn't part of the result
   * @returns nonce (12 bytes), ciphertext (as long as the plaintext), tag (16 bytes)
   * @throws CryptoError `disposed`; `bad_size` for what is no Uint8Array or detached; `limit` past the longest message, or
   * past 2^32 messages under this key
   */
  seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /**
   * The same into `output`, which must have SEAL_OVERHEAD_BYTES (28) more than the plaintext, or more than that.
   * @throws CryptoError `bad_size` for a smaller one, too
   */
  sealInto(plaintext: Uint8Array, aad: Uint8Array, output: Uint8Array): number;
  /**
   * Authenticates all of it, then decrypts.
   * @throws CryptoError `forged`, one for every reason; `disposed`; `bad_size` for what is no Uint8Array or detached
   */
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array;
  /**
   * The same into `output`, which may have SEAL_OVERHEAD_BYTES (28) fewer than `sealed`, but not less.
   * @throws CryptoError `bad_size` for a smaller one, too
   */
  openInto(sealed: Uint8Array, aad: Uint8Array, output: Uint8Array): number;
  /** Wipes the key, in the module too. Calling it again does nothing. */
  dispose(): void;
}

let loaded: KernelInfo | undefined;

/**
 * Loads the kernel and checks it against its hash and its known answers.
 * @throws CryptoError `self_test`; `unsupported` where there is no WebAssembly
 */
export const loadAes256Gcm: () => Promise<Aes256Gcm> = primitive('AES-256-GCM', async () => {
  const { kernel, info } = chooseKernel();
  loaded = info;
  return makeAes256Gcm(kernel, info);
});

/** The kernel that `loadAes256Gcm` chose, if it was asked to. */
export function loadedKernel(): KernelInfo | undefined {
  return loaded;
}

/** The primitive over one kernel; `maxMessages` is an argument so that a test can reach it. */
export function makeAes256Gcm(kernel: Kernel, info: KernelInfo, maxMessages: number = MAX_MESSAGES): Aes256Gcm {
  const pool = new ContextPool(kernel);
  const nonces = new NonceSource(kernel);
  const dropped = new FinalizationRegistry<KeyContext>((context) => pool.forget(context));

  class Key implements Aes256GcmKey {
    #context: KeyContext | undefined;

    constructor(key: Uint8Array) {
      this.#context = new KeyContext(key);
      dropped.register(this, this.#context, this);
    }

    seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
      const length = requireBytes('the plaintext', plaintext);
      const aadLength = requireBytes('the associated data', aad);
      const slot = this.#countedSlot();
      const output = new Uint8Array(length + SEAL_OVERHEAD_BYTES);
      sealMessage(kernel, slot, nonces.next(), plaintext, length, aad, aadLength, output);
      return output;
    }

    sealInto(plaintext: Uint8Array, aad: Uint8Array, output: Uint8Array): number {
      const length = requireBytes('the plaintext', plaintext);
      const aadLength = requireBytes('the associated data', aad);
      requireRoom('the output', output, length + SEAL_OVERHEAD_BYTES);
      return sealMessage(kernel, this.#countedSlot(), nonces.next(), plaintext, length, aad, aadLength, output);
    }

    open(sealed: Uint8Array, aad: Uint8Array): Uint8Array {
      const length = requireBytes('the ciphertext', sealed) - SEAL_OVERHEAD_BYTES;
      const aadLength = requireBytes('the associated data', aad);
      const output = length > 0 ? new Uint8Array(length) : NONE;
      openMessage(kernel, pool.slotOf(this.#live()), sealed, length, aad, aadLength, output);
      return output;
    }

    openInto(sealed: Uint8Array, aad: Uint8Array, output: Uint8Array): number {
      const length = requireBytes('the ciphertext', sealed) - SEAL_OVERHEAD_BYTES;
      const aadLength = requireBytes('the associated data', aad);
      requireRoom('the output', output, length);
      return openMessage(kernel, pool.slotOf(this.#live()), sealed, length, aad, aadLength, output);
    }

    dispose(): void {
      if (this.#context === undefined) return;
      pool.forget(this.#context);
      dropped.unregister(this);
      this.#context = undefined;
    }

    #live(): KeyContext {
      if (this.#context === undefined) throw new CryptoError('disposed', 'this key was wiped');
      return this.#context;
    }

    /** The slot of this key, for one message more. */
    #countedSlot(): number {
      const context = this.#live();
      if (context.sealed >= maxMessages) {
        throw new CryptoError('limit', 'this key has sealed as many messages as random nonces allow', {
          hint: 'replace the key',
        });
      }
      context.sealed++;
      return pool.slotOf(context);
    }
  }

  return {
    kernel: info,
    importKey(key) {
      requireSize('an AES-256 key', key, KEY_BYTES);
      return new Key(key);
    },
  };
}
