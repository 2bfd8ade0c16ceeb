import type { RequestVerifier } from '../../identity/index.js';
import type { AgentCall, Peer } from '../../rpc/index.js';
import { decodeSignedRequest, Rejection, requestHash, WireError } from '../../wire/index.js';
import type { RefusalLog } from '../abuse/refusal-log.js';
import type { Envoy, Fleet } from '../agents/fleet.js';

export interface AuthenticationContext {
  readonly trustDomain: string;
  readonly verifier: RequestVerifier;
  readonly fleet: Fleet;
  readonly refusals: Pick<RefusalLog, 'note'>;
}

/** A request that is known to come from an active envoy, and its payload, which nobody has looked at yet. */
export interface AuthenticatedRequest {
  readonly envoy: Envoy;
  readonly payload: Uint8Array;
  /** The connection that it came over: the same object for each of its requests. */
  readonly peer: Peer;
  /** Whether a later one was here before. */
  readonly isLate: boolean;
  /** What a sealed answer to this request is bound to. */
  readonly hash: () => Promise<Uint8Array>;
}

/**
 * Verifies a call before anything in its payload is parsed (T2), then does what it asks for. A refusal is entered into
 * the audit log, that of a payload which isn't its message as well.
 * @throws Rejection, and what `work` throws
 */
export async function authenticated<T>(
  context: AuthenticationContext,
  call: AgentCall,
  work: (request: AuthenticatedRequest) => Promise<T>,
): Promise<T> {
  const request = attempt(context, call);
  try {
    return await work(request);
  } catch (error) {
    throw error instanceof WireError ? refusal(context, call, error) : error;
  }
}

function attempt(context: AuthenticationContext, call: AgentCall): AuthenticatedRequest {
  try {
    return verify(context, call);
  } catch (error) {
    throw refusal(context, call, error);
  }
}

/** What is thrown in the place of an error, once it is noted. */
function refusal({ refusals }: AuthenticationContext, { method, peer }: AgentCall, error: unknown): unknown {
  const rejection = error instanceof WireError ? new Rejection('malformed', error.message, { cause: error }) : error;
  // A new server process is news to every agent: being told its instance is no incident.
  if (rejection instanceof Rejection && rejection.code !== 'instance') {
    refusals.note({
      action: 'request.rejected',
      subject: peer.envoyId ?? 'unknown',
      reason: rejection.code,
      method,
      address: peer.remoteAddress,
    });
  }
  return rejection;
}

function verify({ trustDomain, verifier, fleet }: AuthenticationContext, call: AgentCall): AuthenticatedRequest {
  const request = decodeSignedRequest(call.method, call.bytes);
  const { envoyId, payload, isLate } = verifier.verify({
    method: call.method,
    // Against a certificate of the same CA that was made for another trust domain.
    certificateEnvoyId: call.peer.trustDomain === trustDomain ? call.peer.envoyId : undefined,
    request,
  });
  const envoy = fleet.get(envoyId);
  if (envoy === undefined) throw new Rejection('unknown', 'this server knows no such envoy');
  return { envoy, payload, peer: call.peer, isLate, hash: () => requestHash(call.method, request) };
}
