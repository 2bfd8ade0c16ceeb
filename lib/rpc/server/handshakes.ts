import type { Socket } from 'node:net';

/** What is known of a connection before and after its handshake: `address:port` of the other end. */
type Ends = Pick<Socket, 'remoteAddress' | 'remotePort'>;

/**
 * Counts the connections in their handshake, per network: nothing is proven on them yet, so nobody may fill the
 * server with them, while any number of envoys may be connected from behind one address.
 */
export class Handshakes {
  readonly #maxPerNetwork: number;
  readonly #networkOf: (address: string) => string;
  readonly #pending = new Map<string, Set<string>>();

  /** @param networkOf who counts as one: an address, or all that a single host may have */
  constructor(maxPerNetwork: number, networkOf: (address: string) => string) {
    this.#maxPerNetwork = maxPerNetwork;
    this.#networkOf = networkOf;
  }

  /** @returns whether there was room for one more */
  begin(socket: Socket): boolean {
    const network = this.#networkOf(socket.remoteAddress ?? '');
    const pending = this.#pending.get(network) ?? new Set();
    if (pending.size >= this.#maxPerNetwork) return false;
    const name = nameOf(socket);
    this.#pending.set(network, pending.add(name));
    socket.once('close', () => this.#leave(network, name));
    return true;
  }

  /** The handshake of a connection is done. */
  end(socket: Ends): void {
    this.#leave(this.#networkOf(socket.remoteAddress ?? ''), nameOf(socket));
  }

  #leave(network: string, name: string): void {
    const pending = this.#pending.get(network);
    pending?.delete(name);
    if (pending?.size === 0) this.#pending.delete(network);
  }
}

function nameOf({ remoteAddress, remotePort }: Ends): string {
  return `${remoteAddress}:${remotePort}`;
}
