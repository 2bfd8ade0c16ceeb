import { type KeyName, parseKeyName, Secret, utf8, VigoError } from '../lib/base/index.js';
import type { SecretsProvider, SecretsSubscription } from '../lib/server/publishing/secrets-provider.js';

/** As another backend would say it: not the vault's class, and not its codes. */
class TwinError extends VigoError<'no_such_path'> {
  constructor(key: KeyName) {
    super('twin', 'not_found', 'no_such_path', `nothing is stored at ${key}`);
  }
}

type OnChange = Parameters<SecretsProvider['watch']>[0];

/** A provider of secrets that isn't the vault: in memory, and told of a change at the moment that it is made. */
export class SecretsTwin implements SecretsProvider {
  /** Every value that was handed out, for a test to see that it was disposed of. */
  readonly opened: Secret<Uint8Array>[] = [];
  readonly #secrets = new Map<KeyName, { version: number; value: Uint8Array }>();
  /** Also of those that are gone: a number never stands for two values. */
  readonly #highest = new Map<KeyName, number>();
  readonly #subscribers = new Set<(keys: Set<KeyName>) => void>();
  #batch: Set<KeyName> | undefined;

  constructor(values: Readonly<Record<string, string | Uint8Array>> = {}) {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
  }

  set(name: string, value: string | Uint8Array = name): void {
    const key = parseKeyName(name);
    const version = (this.#highest.get(key) ?? 0) + 1;
    this.#highest.set(key, version);
    this.#secrets.set(key, { version, value: typeof value === 'string' ? utf8(value) : value });
    this.#tell(key);
  }

  delete(name: string): void {
    const key = parseKeyName(name);
    this.#secrets.delete(key);
    this.#tell(key);
  }

  /** Makes changes at the same time. */
  together(changes: () => void): void {
    const batch = new Set<KeyName>();
    this.#batch = batch;
    changes();
    this.#batch = undefined;
    for (const tell of this.#subscribers) tell(batch);
  }

  async open(key: KeyName): Promise<{ version: number; value: Secret<Uint8Array> }> {
    const secret = this.#secrets.get(key);
    if (secret === undefined) throw new TwinError(key);
    const value = new Secret(Uint8Array.from(secret.value));
    this.opened.push(value);
    return { version: secret.version, value };
  }

  async versions(keys: Iterable<KeyName> = this.#secrets.keys()): Promise<Map<KeyName, number>> {
    const there = [...keys].flatMap((key) => {
      const secret = this.#secrets.get(key);
      return secret === undefined ? [] : [[key, secret.version] as const];
    });
    return new Map(there);
  }

  watch(onChange: OnChange): SecretsSubscription {
    let queue = Promise.resolve();
    let stopped = false;
    const call = async (keys: Set<KeyName> | undefined): Promise<void> => {
      if (stopped) return;
      await onChange(keys).catch(() => call(undefined));
    };
    const tell = (keys: Set<KeyName>) => {
      queue = queue.then(() => call(keys));
    };
    this.#subscribers.add(tell);
    return {
      ready: Promise.resolve(),
      stop: () => {
        stopped = true;
        this.#subscribers.delete(tell);
      },
    };
  }

  dispose(): void {
    this.#secrets.clear();
  }

  #tell(key: KeyName): void {
    if (this.#batch !== undefined) this.#batch.add(key);
    else for (const tell of this.#subscribers) tell(new Set([key]));
  }
}
