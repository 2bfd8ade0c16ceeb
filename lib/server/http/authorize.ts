import { createHash } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import { constantTimeEqual } from '../../crypto/index.js';
import type { RefusalLog } from '../abuse/refusal-log.js';
import { ServerError } from '../errors.js';

/** Who may call the API: today the local administrator, by the token minted at this boot (P4). */
export class Authorizer {
  readonly #tokenHash: Uint8Array;
  readonly #refusals: RefusalLog;

  constructor(localAdminToken: string, refusals: RefusalLog) {
    this.#tokenHash = sha256(localAdminToken);
    this.#refusals = refusals;
  }

  /**
   * @returns the actor for the audit log.
   * @throws ServerError `unauthenticated`; where the call comes from grants nothing.
   */
  require(request: FastifyRequest): string {
    const [scheme, token] = (request.headers.authorization ?? '').split(' ', 2);
    // Hashes are compared, so that neither length nor content of the token shows in the time.
    if (scheme === 'Bearer' && token !== undefined && constantTimeEqual(sha256(token), this.#tokenHash)) {
      return 'local-admin';
    }
    this.#refusals.note({
      action: 'api.denied',
      subject: 'anonymous',
      reason: token === undefined ? 'no token' : 'wrong token',
      method: `${request.method} ${request.routeOptions.url ?? 'unknown'}`,
      address: request.ip,
    });
    throw new ServerError('unauthenticated', 'this call needs a valid API token', {
      hint: 'on the server host, vigocli uses the local-admin token, which root can read while vigosrv runs',
    });
  }
}

function sha256(text: string): Uint8Array {
  return createHash('sha256').update(text).digest();
}
