import type { AgentChannel, ChannelOptions } from './client/channel.js';
import type { AgentServer, ServerOptions } from './server/server.js';

// gRPC is loaded with the first channel or server, and not with this room.

/** @throws BaseError `bad_address`, RpcError `bad_credentials`. Doesn't connect yet. */
export async function connectAgent(options: ChannelOptions): Promise<AgentChannel> {
  const { GrpcChannel } = await import('./client/grpc-channel.js');
  return new GrpcChannel(options);
}

/**
 * Serves agents: gRPC over TLS 1.3 with a client certificate of our CA, and nothing else (T1).
 * @throws BaseError `bad_address`, RpcError `bad_credentials`, `listen`
 */
export async function startAgentServer(options: ServerOptions): Promise<AgentServer> {
  const { listen } = await import('./server/grpc-server.js');
  return listen(options);
}
