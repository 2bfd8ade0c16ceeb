import { equalBytes, type Secret } from '../../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../crypto/index.js';
import { endOfChain, readTrustFile } from '../../identity/index.js';
import { readServerKey, VaultError, type VaultPlace } from '../../vault/index.js';
import { MAX_STATEMENTS, type SignedStatement, type TrustPosition } from '../../wire/index.js';
import { ServerError } from '../errors.js';

/** The policy key; its successor, from when it was made until it has taken the place. */
const KEY_NAMES = ['policy', 'policy-next'] as const;

interface Opened {
  readonly keyName: (typeof KEY_NAMES)[number];
  readonly signer: Ed25519Signer;
  readonly chain: readonly SignedStatement[];
  readonly position: Omit<TrustPosition, 'trustDomain'>;
}

/**
 * The policy key as it is now, and the chain of statements that leads to it. It signs under whichever key is the
 * present one, so that who holds it needn't know of replacements.
 */
export class ServerTrust implements Pick<Ed25519Signer, 'publicKey' | 'sign'> {
  readonly #place: VaultPlace;
  readonly #path: string;
  #opened: Opened;
  #reloading: Promise<unknown> = Promise.resolve();

  private constructor(place: VaultPlace, path: string, opened: Opened) {
    this.#place = place;
    this.#path = path;
    this.#opened = opened;
  }

  /** @param path of the chain. @throws VaultError, WireError, ServerError `missing_file` */
  static async open(place: VaultPlace, path: string): Promise<ServerTrust> {
    return new ServerTrust(place, path, await open(place, path));
  }

  get publicKey(): Uint8Array {
    return this.#opened.signer.publicKey;
  }

  /** The name of the key's file: a successor keeps its own until it has taken the place. */
  get keyName(): string {
    return this.#opened.keyName;
  }

  /** Where an envoy stands that enrolls now. */
  get position(): Omit<TrustPosition, 'trustDomain'> {
    return this.#opened.position;
  }

  sign(message: Uint8Array): Uint8Array {
    return this.#opened.signer.sign(message);
  }

  /** The statements from a number on, that one included: whoever stands there sees that the chain leads through it. */
  statementsFrom(number: number): readonly SignedStatement[] {
    const first = Math.max(0, number - 1);
    return this.#opened.chain.slice(first, first + MAX_STATEMENTS);
  }

  /**
   * Takes what was added to the chain. Calls wait for each other.
   * @returns whether there was something
   * @throws as `open`; ServerError `stepped_back` for a chain that is shorter than before
   */
  reload(): Promise<boolean> {
    const reloading = this.#reloading.catch(() => {}).then(() => this.#reload());
    this.#reloading = reloading;
    return reloading;
  }

  async #reload(): Promise<boolean> {
    const { length } = await readTrustFile(this.#path);
    const earlier = this.#opened;
    if (length === earlier.chain.length) return false;
    if (length < earlier.chain.length) {
      throw new ServerError('stepped_back', `the chain of trust ${this.#path} is shorter than it was`, {
        hint: 'restore it: an envoy that followed it takes no step back',
      });
    }
    this.#opened = await open(this.#place, this.#path);
    earlier.signer.dispose();
    return true;
  }

  dispose(): void {
    this.#opened.signer.dispose();
  }
}

async function open(place: VaultPlace, path: string): Promise<Opened> {
  const ed25519 = await loadEd25519();
  const chain = await readTrustFile(path);
  for (const name of KEY_NAMES) {
    const seed = await readKey(place, name, path);
    try {
      const signer = ed25519.importSigner(seed.expose());
      const position = await endOfChain(chain, signer.publicKey);
      if (equalBytes(position.policyKey, signer.publicKey)) return { keyName: name, signer, chain, position };
      signer.dispose();
    } finally {
      seed.dispose();
    }
  }
  throw stranger(path);
}

async function readKey(place: VaultPlace, name: string, path: string): Promise<Secret<Uint8Array>> {
  try {
    return await readServerKey(place, name);
  } catch (cause) {
    if (name === 'policy' || !(cause instanceof VaultError && cause.code === 'not_found')) throw cause;
    throw stranger(path, cause);
  }
}

function stranger(path: string, cause?: unknown): ServerError {
  return new ServerError('missing_file', `${path} ends with another policy key than the one that is there`, {
    cause,
    hint: 'restore keys/ and tls/trust from the same backup',
  });
}
