import type { KeyName, Secret } from '../../base/index.js';
import type { SecretSource } from '../../policy/index.js';

/** The current value of a secret; whoever opened it disposes of it. */
export interface ProvidedSecret {
  readonly version: number;
  readonly value: Secret<Uint8Array>;
}

export interface SecretsSubscription {
  /** Resolves when a change from then on is noticed. */
  readonly ready: Promise<void>;
  /** Nobody is called any more. */
  stop(): void;
}

/**
 * Where the server gets secrets from: all that it asks of a vault. The one behind it is chosen in `materials.ts`; the
 * rest of the server, and policy with its `SecretSource`, know this interface alone. A version is a number that rises with
 * each change of a secret and never stands for two values.
 */
export interface SecretsProvider extends SecretSource {
  /** @throws VigoError, of kind `not_found` where there is no such secret */
  open(key: KeyName): Promise<ProvidedSecret>;
  /**
   * The versions of those of these secrets that there are, or of all. Undefined for one that can't be told right now: it
   * counts neither as changed nor as gone. They may be unproven: `open` tells.
   * @throws VigoError where nothing can be told; that is no sign that anything is gone
   */
  versions(keys?: Iterable<KeyName>): Promise<ReadonlyMap<KeyName, number | undefined>>;
  /**
   * Calls `onChange` within a second of a change: with the names of what may have changed, or with undefined where it may be
   * anything. Calls don't overlap, changes at the same time come in one, and a call that fails is made up for by one for
   * anything.
   */
  watch(onChange: (keys: ReadonlySet<KeyName> | undefined) => Promise<void>): SecretsSubscription;
  dispose(): void;
}
