import type { Socket } from 'node:net';

/**
 * Lets each peer have so many connections, and closes its oldest ones beyond that: who lost a network comes back
 * before the server has noticed that the connections over it are dead.
 */
export class NewestConnections {
  /** By the peer's name, the oldest first. */
  readonly #sockets = new Map<string, Set<Socket>>();

  /** Closes what a peer has once everything that was said to it is on its way. */
  end(peer: string): void {
    for (const socket of this.#sockets.get(peer) ?? []) socket.destroySoon();
  }

  /** @param atMost connections that the peer may have with this one, at least 1 */
  add(peer: string, socket: Socket, atMost: number): void {
    const sockets = this.#sockets.get(peer) ?? new Set();
    this.#sockets.set(peer, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) this.#sockets.delete(peer);
    });
    const open = [...sockets].filter(({ destroyed }) => !destroyed);
    for (const oldest of open.slice(0, -atMost)) oldest.destroy();
  }
}
