import type { MethodDefinition } from '@grpc/grpc-js';
import { VigoAgentService } from '../gen/proto/vigo/v1/service.js';
import type { AgentMethod } from '../wire/index.js';

export type BytesMethod = MethodDefinition<Uint8Array, Uint8Array>;

/**
 * The generated service on bytes. What a request holds is for the strict decoder behind the size check alone, and
 * its signature covers exact bytes, so that no lenient decoder may stand between the network and the handlers.
 */
export const agentService: Readonly<Record<AgentMethod, BytesMethod>> = {
  CheckIn: onBytes(VigoAgentService.checkIn),
  ResolveSecrets: onBytes(VigoAgentService.resolveSecrets),
  ReportRun: onBytes(VigoAgentService.reportRun),
  WakeUp: onBytes(VigoAgentService.wakeUp),
};

function onBytes({
  path,
  requestStream,
  responseStream,
}: Pick<BytesMethod, 'path' | 'requestStream' | 'responseStream'>): BytesMethod {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: asBuffer,
    requestDeserialize: unchanged,
    responseSerialize: asBuffer,
    responseDeserialize: unchanged,
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function unchanged(bytes: Buffer): Uint8Array {
  return bytes;
}
