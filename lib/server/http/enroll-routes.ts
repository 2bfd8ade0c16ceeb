import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import { CA_PATH, ENROLL_PATH, parseEnrollmentRequest } from '../../wire/index.js';
import { type EnrollmentContext, enroll } from '../enrollment.js';
import { ServerError } from '../errors.js';
import { RateLimit } from '../rate-limit.js';

/** Per address 20 attempts at once and 10 a minute; one that succeeds doesn't count, so that a fleet may hide behind one. */
const LIMIT = { burst: 20, refillMs: 6_000, maxNetworks: 10_000 };

/** What a machine without an identity may ask: the CA, which it checks by its token's pin, and to become an envoy. */
export function enrollRoutes(context: EnrollmentContext): FastifyPluginAsync {
  const { clock, refusals } = context;
  const limit = new RateLimit(LIMIT);

  /** Before anything is read, verified or looked up: each refusal costs an audit entry, and those must not fill a disk. */
  const demandWithinLimit = async ({ ip }: FastifyRequest, reply: FastifyReply) => {
    const waitMs = limit.take(ip, clock.nowMs());
    if (waitMs === 0) return;
    refusals.note({
      action: 'enrollment.refused',
      subject: 'anonymous',
      reason: 'too_many_attempts',
      method: `POST ${ENROLL_PATH}`,
      address: ip,
    });
    const seconds = Math.ceil(waitMs / 1000);
    reply.header('retry-after', seconds);
    throw new ServerError('too_many_attempts', 'too many enrollments were tried from this address', {
      hint: `try again in ${seconds} s`,
    });
  };

  return async (app) => {
    app.get(CA_PATH, (_, reply) => reply.type('application/x-pem-file').send(context.ca.certificatePem));
    app.post(ENROLL_PATH, { onRequest: demandWithinLimit }, async ({ body, ip }) => {
      const answer = await enroll(context, parseEnrollmentRequest(body), ip);
      limit.giveBack(ip, clock.nowMs());
      return answer;
    });
  };
}
