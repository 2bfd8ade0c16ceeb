import { chooseKernel, type KernelInfo } from './aes-builds.js';
import { ContextPool, KeyContext } from './aes-contexts.js';
import type { Kernel } from './aes-kernel.js';
import { NONCE_BYTES, openMessage, sealMessage } from './aes-message.js';
import { CryptoError } from './errors.js';
import { primitive } from './primitive.js';
import { randomBytes } from './random.js';
import { requireBytes, requireSize } from './size.js';

export type { KernelInfo };

const KEY_BYTES = 32;

/** Random nonces of 96 bits are good for so many messages under one key (SP 800-38D section 8.3). */
const MAX_MESSAGES = 2 ** 32;

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

/** A key inside the module. A key that is dropped without `dispose` is wiped when the collector finds it, or never. */
export interface Aes256GcmKey {
  /**
   * Encrypts and authenticates under a fresh random nonce.
   * @param plaintext 0 to 2^36 − 32 bytes
   * @param aad what `open` must be given again, of any length; it isn't part of the result
   * @returns nonce (12 bytes), ciphertext (as long as the plaintext), tag (16 bytes)
   * @throws CryptoError `disposed`; `limit` past the longest message, or past 2^32 messages under this key
   */
  seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
  /**
   * Authenticates all of it, then decrypts.
   * @throws CryptoError `forged`, one for every reason; `disposed`
   */
  open(sealed: Uint8Array, aad: Uint8Array): Uint8Array;
  /** Wipes the key, in the module too. Calling it again does nothing. */
  dispose(): void;
}

/**
 * Loads the kernel and checks it against its hash and its known answers.
 * @throws CryptoError `self_test`; `unsupported` where there is no WebAssembly
 */
export const loadAes256Gcm: () => Promise<Aes256Gcm> = primitive('AES-256-GCM', async () => {
  const { kernel, info } = chooseKernel();
  return makeAes256Gcm(kernel, info);
});

/** The primitive over one kernel; `maxMessages` is an argument so that a test can reach it. */
export function makeAes256Gcm(kernel: Kernel, info: KernelInfo, maxMessages: number = MAX_MESSAGES): Aes256Gcm {
  const pool = new ContextPool(kernel);
  const dropped = new FinalizationRegistry<KeyContext>((context) => pool.forget(context));

  class Key implements Aes256GcmKey {
    #context: KeyContext | undefined;

    constructor(key: Uint8Array) {
      this.#context = new KeyContext(key);
      dropped.register(this, this.#context, this);
    }

    seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array {
      requireBytes('the plaintext', plaintext);
      requireBytes('the associated data', aad);
      const context = this.#live();
      if (context.sealed >= maxMessages) {
        throw new CryptoError('limit', 'this key has sealed as many messages as random nonces allow', {
          hint: 'replace the key',
        });
      }
      context.sealed++;
      return sealMessage(kernel, pool.slotOf(context), randomBytes(NONCE_BYTES), plaintext, aad);
    }

    open(sealed: Uint8Array, aad: Uint8Array): Uint8Array {
      requireBytes('the ciphertext', sealed);
      requireBytes('the associated data', aad);
      return openMessage(kernel, pool.slotOf(this.#live()), sealed, aad);
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
  }

  return {
    kernel: info,
    importKey(key) {
      requireSize('an AES-256 key', key, KEY_BYTES);
      return new Key(key);
    },
  };
}
