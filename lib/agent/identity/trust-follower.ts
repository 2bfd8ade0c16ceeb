import { type EnvoyId, equalBytes, VigoError } from '../../base/index.js';
import { RpcError } from '../../rpc/index.js';
import {
  authorityPem,
  chainFromJson,
  followChain,
  type PinnedKey,
  signingKeyId,
  TRUST_PATH,
  type TrustPosition,
  WireError,
} from '../../wire/index.js';
import { exchange } from '../contact/https-exchange.js';
import { jsonOf, unexpected } from '../contact/server-reply.js';
import { AgentError } from '../errors.js';
import type { PolicyTrust } from '../held/held-policy.js';
import { type AgentIdentity, storeTrust } from '../held/identity-files.js';
import type { AgentPaths } from '../held/paths.js';
import type { Log } from '../log.js';

export interface TrustFollowerOptions {
  readonly identity: AgentIdentity;
  readonly caPem: string;
  readonly paths: AgentPaths;
  /** Puts other CAs to use. */
  readonly use: (caPem: string) => Promise<void>;
  readonly log: Log;
}

/**
 * Whom this machine trusts now: what it pinned at enrollment, or what that led to since, by a chain of statements of
 * which each is signed by the key before. It is followed where the server shows or signs something else than expected,
 * by a machine that was away for long over all hops at once.
 */
export class TrustFollower implements PolicyTrust {
  readonly #options: TrustFollowerOptions;
  #identity: AgentIdentity;
  #pinned: PinnedKey;
  #previous: PinnedKey | undefined;
  #caPem: string;

  private constructor(options: TrustFollowerOptions, { pinned, previous }: PolicyTrust) {
    this.#options = options;
    this.#identity = options.identity;
    this.#pinned = pinned;
    this.#previous = previous;
    this.#caPem = options.caPem;
  }

  static async open(options: TrustFollowerOptions): Promise<TrustFollower> {
    return new TrustFollower(options, await policyTrust(options.identity));
  }

  get envoyId(): EnvoyId {
    return this.#identity.envoyId;
  }

  get pinned(): PinnedKey {
    return this.#pinned;
  }

  get previous(): PinnedKey | undefined {
    return this.#previous;
  }

  get caPem(): string {
    return this.#caPem;
  }

  /**
   * Looks for successors where a failure may come from their absence. What isn't properly signed is only said.
   * @returns whether there were any, and the same may be tried again
   * @throws WireError `rollback` in the place of a failure that comes from a server which was put back
   */
  async mend(failure: unknown): Promise<boolean> {
    return isDistrust(failure) && this.#tryToFollow(failure);
  }

  /**
   * Looks for successors where the server says that there are some.
   * @param number how far its chain leads
   * @returns whether there were any
   */
  async keepUp(number: number): Promise<boolean> {
    return number > this.#identity.trustNumber && this.#tryToFollow();
  }

  /** @param failure what made it look, if anything failed */
  async #tryToFollow(failure?: unknown): Promise<boolean> {
    try {
      return await this.#follow();
    } catch (cause) {
      if (!(cause instanceof VigoError)) throw cause;
      if (cause instanceof WireError) this.#options.log.warn(cause.message);
      // A server that can't be reached stays one: whoever answers for it over an unverified connection proves nothing.
      const isProven = failure !== undefined && !(failure instanceof RpcError);
      if (cause instanceof WireError && cause.code === 'rollback' && isProven) throw cause;
      return false;
    }
  }

  /** Over a connection that isn't verified: the server's certificate may be of a CA that only the chain leads to. */
  async #follow(): Promise<boolean> {
    for (let moved = false; ; moved = true) {
      const { httpsAddress, trustDomain, trustNumber: number, trustHead: head, policyPublicKey } = this.#identity;
      const url = new URL(`${TRUST_PATH}?from=${number}`, `https://${httpsAddress}`);
      const reply = await exchange({ method: 'GET', url, trust: { unverified: true } });
      if (reply.status !== 200) throw unexpected(reply);
      const from: TrustPosition = { trustDomain, number, head, policyKey: policyPublicKey };
      const followed = await followChain(from, chainFromJson(jsonOf(reply)));
      if (followed === undefined) return moved;
      await this.#accept(followed.position, followed.statement.authorities.map(authorityPem).join(''));
    }
  }

  async #accept({ number, head, policyKey }: TrustPosition, caPem: string): Promise<void> {
    const { paths, use, log } = this.#options;
    const { policyPublicKey: before, previousPolicyKey } = this.#identity;
    const identity = {
      ...this.#identity,
      trustNumber: number,
      trustHead: head,
      policyPublicKey: policyKey,
      // A statement may be about CAs alone.
      previousPolicyKey: equalBytes(before, policyKey) ? previousPolicyKey : before,
    };
    await storeTrust(paths, identity, caPem);
    this.#identity = identity;
    ({ pinned: this.#pinned, previous: this.#previous } = await policyTrust(identity));
    const isOther = this.#caPem !== caPem;
    this.#caPem = caPem;
    if (isOther) await use(caPem);
    log.info(`followed the server's chain of trust to statement ${number}`);
  }
}

/** A bundle under another key, or a server that this machine doesn't trust; gRPC doesn't tell that from one that is away. */
function isDistrust(failure: unknown): boolean {
  if (failure instanceof WireError) return failure.code === 'forged';
  if (failure instanceof AgentError) return failure.code === 'untrusted' || failure.code === 'unproven';
  return failure instanceof RpcError && failure.code === 'unavailable';
}

/** What an identity says of the policy key. */
export async function policyTrust({
  envoyId,
  policyPublicKey,
  previousPolicyKey,
}: AgentIdentity): Promise<PolicyTrust> {
  const previous = previousPolicyKey && (await pin(previousPolicyKey));
  return { envoyId, pinned: await pin(policyPublicKey), previous };
}

async function pin(publicKey: Uint8Array): Promise<PinnedKey> {
  return { publicKey, keyId: await signingKeyId(publicKey) };
}
