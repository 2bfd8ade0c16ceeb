export { type AgentChannel, type ChannelOptions, connectAgent, type UnaryMethod } from './channel.js';
export type { ConnectionRefusal } from './connection-refusal.js';
export { RpcError, type RpcErrorCode } from './errors.js';
export type { Peer, PeerIdentity, PeerName } from './peer.js';
export {
  type AgentCall,
  type AgentHandlers,
  type AgentServer,
  type HintStream,
  type ServerLimits,
  type ServerOptions,
  startAgentServer,
} from './server.js';
export { isServerFault } from './server-fault.js';
