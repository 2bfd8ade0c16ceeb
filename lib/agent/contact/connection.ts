import { type AgentChannel, connectAgent, type UnaryMethod } from '../../rpc/index.js';
import type { AgentIdentity, TlsFiles } from '../held/identity-files.js';
import type { SessionChannel } from './session.js';

/** The way to the server, under whichever certificate is the present one. */
export class Connection implements SessionChannel {
  readonly #identity: AgentIdentity;
  #channel: AgentChannel;

  private constructor(identity: AgentIdentity, channel: AgentChannel) {
    this.#identity = identity;
    this.#channel = channel;
  }

  /** Doesn't connect yet. @throws BaseError `bad_address`, RpcError `bad_credentials` */
  static async open(identity: AgentIdentity, tls: TlsFiles): Promise<Connection> {
    return new Connection(identity, await connect(identity, tls));
  }

  /** Goes on under another certificate. What is under way, like the wake-up stream, is broken off. */
  async use(tls: TlsFiles): Promise<void> {
    const earlier = this.#channel;
    this.#channel = await connect(this.#identity, tls);
    earlier.close();
  }

  call(method: UnaryMethod, request: Uint8Array): Promise<Uint8Array> {
    return this.#channel.call(method, request);
  }

  wakeUp(request: Uint8Array, onHint: () => void, signal: AbortSignal): Promise<void> {
    return this.#channel.wakeUp(request, onHint, signal);
  }

  close(): void {
    this.#channel.close();
  }
}

function connect({ serverAddress: address, serverName }: AgentIdentity, tls: TlsFiles): Promise<AgentChannel> {
  return connectAgent({ address, tls: { ...tls, serverName } });
}
