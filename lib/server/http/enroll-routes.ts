import type { FastifyPluginAsync } from 'fastify';
import { CA_PATH, ENROLL_PATH, parseEnrollmentRequest } from '../../wire/index.js';
import { type EnrollmentContext, enroll } from '../enrollment.js';

/** What a machine without an identity may ask: the CA, which it checks by its token's pin, and to become an envoy. */
export function enrollRoutes(context: EnrollmentContext): FastifyPluginAsync {
  return async (app) => {
    app.get(CA_PATH, (_, reply) => reply.type('application/x-pem-file').send(context.ca.certificatePem));
    app.post(ENROLL_PATH, (request) => enroll(context, parseEnrollmentRequest(request.body), request.ip));
  };
}
