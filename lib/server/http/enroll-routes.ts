import type { FastifyPluginAsync, FastifyReply, FastifyRequest } from 'fastify';
import {
  CA_PATH,
  chainToJson,
  ENROLL_PATH,
  parseEnrollmentRequest,
  RENEW_PATH,
  renewalFromJson,
  TRUST_PATH,
} from '../../wire/index.js';
import { RateLimit } from '../abuse/rate-limit.js';
import { type EnrollmentContext, enroll } from '../agents/enrollment.js';
import { type RenewalContext, Renewals } from '../agents/renewal.js';
import { ServerError } from '../errors.js';

/** Per address 20 attempts at once and 10 a minute; one that makes an envoy doesn't count, so that a fleet may hide behind one. */
const LIMIT = { burst: 20, refillMs: 6_000, maxNetworks: 10_000 };

/** What a machine may ask over HTTPS: the CA, which it checks by its token's pin, to become an envoy, and to stay one. */
export function enrollRoutes(context: EnrollmentContext & RenewalContext): FastifyPluginAsync {
  const { clock, refusals } = context;
  const limit = new RateLimit(LIMIT);
  const renewals = new Renewals(context);

  /** Before anything is read, verified or looked up: each refusal costs an audit entry, and those must not fill a disk. */
  const demandWithinLimit = async ({ ip, routeOptions }: FastifyRequest, reply: FastifyReply) => {
    const waitMs = limit.take(ip, clock.monotonicMs());
    if (waitMs === 0) return;
    refusals.note({
      action: 'enrollment.refused',
      subject: 'anonymous',
      reason: 'too_many_attempts',
      method: `POST ${routeOptions.url}`,
      address: ip,
    });
    const seconds = Math.ceil(waitMs / 1000);
    reply.header('retry-after', seconds);
    throw new ServerError('too_many_attempts', 'too many attempts came from this address', {
      hint: `try again in ${seconds} s`,
    });
  };

  return async (app) => {
    app.get(CA_PATH, (_, reply) => reply.type('application/x-pem-file').send(context.authority.ca.certificatePem));
    // Open to everybody, as over any connection: what counts are the signatures in it.
    app.get<{ Querystring: { from?: string } }>(TRUST_PATH, ({ query: { from = '0' } }) =>
      chainToJson(context.trust.statementsFrom(/^[0-9]{1,9}$/.test(from) ? Number(from) : 0)),
    );
    app.post(ENROLL_PATH, { onRequest: demandWithinLimit }, async ({ body, ip }) => {
      const { answer, isRepeated } = await enroll(context, parseEnrollmentRequest(body), ip);
      if (!isRepeated) limit.giveBack(ip, clock.monotonicMs());
      return answer;
    });
    // No limit of the address: whoever shares one with a fleet could keep its certificates from being renewed. A refusal is
    // counted, which fills no disk, and what comes behind the signature has a limit of the envoy.
    app.post(RENEW_PATH, ({ body, ip }) => renewals.renew(renewalFromJson(body), ip));
  };
}
