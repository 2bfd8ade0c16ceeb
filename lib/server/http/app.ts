import type { KeyObject } from 'node:crypto';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type SecureContextOptions, Server } from 'node:tls';
import fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify';
import { errorTable, parseHostPort, privateKeyPem, tlsOptions, VigoError } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import { errnoOf } from '../../files/index.js';
import { PolicyError } from '../../policy/index.js';
import { isServerFault } from '../../rpc/index.js';
import { Rejection, rejectionToJson } from '../../wire/index.js';
import type { EnrollmentContext } from '../agents/enrollment.js';
import type { RenewalContext } from '../agents/renewal.js';
import { ServerError } from '../errors.js';
import type { Health } from '../host/health.js';
import type { FaultLog } from '../host/log.js';
import type { Publishing } from '../publishing/publish.js';
import { type AgentRoutesContext, agentRoutes } from './agent-routes.js';
import type { Authorizer } from './authorize.js';
import type { Claims } from './claims.js';
import { configRoutes } from './config-routes.js';
import { CONNECTION_LIMITS, type ConnectionLimits, limitConnections } from './connections.js';
import { enrollRoutes } from './enroll-routes.js';
import { type EnvoyRoutesContext, envoyRoutes } from './envoy-routes.js';
import { type TokenRoutesContext, tokenRoutes } from './token-routes.js';

const HIDDEN = { message: "the server can't answer this now", hint: "the server's log says why" };
const MAX_BODY_BYTES = 64 * 1024;

/** What the server shows. */
export interface ServerCertificate {
  readonly certificatePem: string;
  readonly key: KeyObject;
}

export interface AppContext
  extends EnrollmentContext,
    RenewalContext,
    EnvoyRoutesContext,
    TokenRoutesContext,
    AgentRoutesContext {
  readonly tls: ServerCertificate;
  readonly authorizer: Authorizer;
  readonly publishing: Publishing;
  readonly log: FastifyBaseLogger;
  readonly faults: Pick<FaultLog, 'note'>;
  readonly health: Pick<Health, 'isFailing'>;
  readonly claims: Claims;
  readonly settings: EnrollmentContext['settings'] & RenewalContext['settings'];
  readonly limits?: Partial<ConnectionLimits> | undefined;
}

/** The HTTPS side: health, enrollment, and the API for people's programs. */
export function httpsApp(context: AppContext): FastifyInstance {
  const limits = { ...CONNECTION_LIMITS, ...context.limits };
  const app = fastify({
    https: {},
    // The framework would clone its options, the key with them, and nobody could wipe that.
    serverFactory: (handler) => {
      const options = {
        handshakeTimeout: limits.handshakeTimeoutMs,
        headersTimeout: limits.headersTimeoutMs,
        requestTimeout: limits.requestTimeoutMs,
        keepAliveTimeout: limits.keepAliveTimeoutMs,
        // Node looks for requests that are late as often as this, and not in between.
        connectionsCheckingInterval: limits.headersTimeoutMs / 2,
      };
      return withSecureContext(context.tls, (tls) => createServer({ ...options, ...tls }, handler));
    },
    bodyLimit: MAX_BODY_BYTES,
    // What the framework says by itself has no name of an event.
    loggerInstance: context.log.child({ event: 'http' }, { level: 'warn' }),
    logController: new LogController({ disableRequestLogging: true }),
    forceCloseConnections: true,
  });
  limitConnections(app, limits);
  app.setErrorHandler((error, request, reply) => {
    const { status, body } = describeError(error);
    // What the framework itself refuses is the caller's fault, though it isn't an error of ours.
    const isFault = status >= 500 || (error instanceof VigoError && (isServerFault(error) || isMissing(error)));
    if (isFault) context.faults.note('request.failed', error, `${request.method} ${request.routeOptions.url} failed`);
    // A stranger learns nothing of this host: such a message names files.
    const isHidden = isFault && request.actor === '';
    return reply.status(status).send({ error: isHidden ? { code: body.code, ...HIDDEN } : body });
  });
  app.setNotFoundHandler((_, reply) =>
    reply.status(404).send({ error: { code: 'not_found', message: 'there is nothing at this path' } }),
  );
  app.get('/healthz', (_, reply) => {
    const { isFailing } = context.health;
    return reply
      .status(isFailing ? 503 : 200)
      .send(isFailing ? { status: 'failing', reason: 'database' } : { status: 'ok' });
  });
  app.register(enrollRoutes(context));
  app.register(agentRoutes(context));
  app.register(
    async (api) => {
      api.addHook('onRequest', async (request) => {
        request.actor = context.authorizer.require(request);
      });
      // Behind the body, whose parts arrive outside of what is run here.
      api.addHook('preHandler', (request, _, done) => context.claims.answer(request, done));
      api.register(tokenRoutes(context));
      api.register(envoyRoutes(context));
      api.register(configRoutes(context.publishing, context.store));
    },
    { prefix: '/api/v1' },
  );
  app.decorateRequest('actor', '');
  return app;
}

/** @param listenAt `host:port`. @throws ServerError `cannot_listen` */
export async function listen(app: FastifyInstance, listenAt: string): Promise<AddressInfo> {
  try {
    await app.listen(parseHostPort(listenAt));
    return app.server.address() as AddressInfo;
  } catch (cause) {
    const reason = errnoOf(cause);
    if (reason === undefined) throw cause;
    throw new ServerError('cannot_listen', `can't listen on ${listenAt} for HTTPS: ${reason}`, {
      hint: 'another program may use the port, or no network has the address: see server.api_listen in server.yaml',
      cause,
    });
  }
}

/** Shows another certificate on new connections; those that are open go on. */
export function useCertificate({ server }: FastifyInstance, certificate: ServerCertificate): void {
  if (server instanceof Server) withSecureContext(certificate, (tls) => server.setSecureContext(tls));
}

/** Lends the key as PEM, the one form in which Node takes it. */
function withSecureContext<T>({ certificatePem, key }: ServerCertificate, use: (tls: SecureContextOptions) => T): T {
  const pem = Buffer.from(privateKeyPem(key).buffer);
  try {
    return use({ cert: certificatePem, key: pem, ...tlsOptions });
  } finally {
    wipe(pem);
  }
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who calls, for the audit log; set by the authorizer. */
    actor: string;
  }
}

/** A file that the server needs is missing. */
function isMissing(error: unknown): boolean {
  return error instanceof ServerError && error.code === 'missing_file';
}

function describeError(error: unknown) {
  if (error instanceof PolicyError) {
    const { code, message, hint, problems } = error;
    return { status: errorTable[error.kind].http, body: { code, message, hint, problems } };
  }
  if (error instanceof Rejection) return { status: errorTable[error.kind].http, body: rejectionToJson(error) };
  if (error instanceof VigoError) {
    const { code, message, hint } = error;
    return { status: errorTable[error.kind].http, body: { code, message, hint } };
  }
  // What the framework itself refuses: a body too large, or one that isn't JSON.
  if (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode < 500
  ) {
    return { status: error.statusCode, body: { code: 'bad_request', message: error.message.toLowerCase() } };
  }
  return { status: 500, body: { code: 'internal', message: 'internal error', hint: "the server's log says more" } };
}
