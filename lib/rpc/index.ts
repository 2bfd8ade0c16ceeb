export type { AgentChannel, ChannelOptions, UnaryMethod } from './client/channel.js';
export { connectAgent, startAgentServer } from './connect.js';
export type { ConnectionRefusal } from './connection-refusal.js';
export { RpcError, type RpcErrorCode } from './errors.js';
export type { Peer, PeerIdentity, PeerName } from './peer.js';
export type {
  AgentCall,
  AgentHandlers,
  AgentServer,
  HintStream,
  ServerLimits,
  ServerOptions,
} from './server/server.js';
export { isServerFault } from './server-fault.js';
