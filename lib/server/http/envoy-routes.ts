import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type Clock, formatDuration, isEnvoyId, parseHostGlob, parseHostName } from '../../base/index.js';
import { makeToken, tokenHash, tokenId } from '../../identity/index.js';
import { certificateHash, type KeyedCertificate } from '../../pki/index.js';
import type { Store } from '../../store/index.js';
import { ServerError } from '../errors.js';
import type { Fleet } from '../fleet.js';
import type { LivePolicy } from '../live-policy.js';
import type { WakeUps } from '../wake-ups.js';
import { envoyView } from './envoy-view.js';
import { parseBody } from './parse-body.js';

const SHOWN_RUNS = 10;
const MAX_TOKEN_TTL_MS = 7 * 86_400_000;

export interface EnvoyRoutesContext {
  readonly ca: KeyedCertificate;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly live: LivePolicy;
  readonly wakeUps: WakeUps;
  readonly clock: Clock;
}

const tokenBody = z.strictObject({
  ttl_ms: z
    .int()
    .min(1000)
    .max(MAX_TOKEN_TTL_MS, `a token is good for ${formatDuration(MAX_TOKEN_TTL_MS)} at most`),
  /** A glob over host names, or null for any host: said explicitly, never by leaving it out. */
  match: z.string().nullable(),
});
const renameBody = z.strictObject({ host_name: z.string() });

/** Tokens and envoys. */
export function envoyRoutes({ ca, store, fleet, live, wakeUps, clock }: EnvoyRoutesContext): FastifyPluginAsync {
  const find = async (idOrName: string) => {
    const envoy = await store.getEnvoy(isEnvoyId(idOrName) ? idOrName : parseHostName(idOrName));
    if (envoy !== undefined) return envoy;
    throw new ServerError('not_found', `there is no envoy ${JSON.stringify(idOrName)}`, {
      hint: 'vigocli envoys list shows them all',
    });
  };

  return async (app) => {
    app.post('/enrollment-tokens', async (request, reply) => {
      const { ttl_ms, match } = parseBody(tokenBody, request.body);
      const glob = match === null ? undefined : parseHostGlob(match);
      const { text, secret } = makeToken(certificateHash(ca.certificatePem));
      const hash = await tokenHash(secret.expose());
      const id = await tokenId(hash);
      secret.dispose();
      const expiresAtMs = clock.nowMs() + ttl_ms;
      await store.createToken(
        { id, hash, match: glob, expiresAtMs },
        {
          action: 'token.created',
          actor: request.actor,
          subject: id,
          outcome: 'done',
          detail: { match, expires_at: expiresAtMs },
        },
      );
      return reply.status(201).send({ id, token: text, match, expires_at: expiresAtMs });
    });

    // What is only in memory so far belongs to the answer.
    app.addHook('preHandler', () => store.touchEnvoys(fleet.takeSightings()));

    app.get('/envoys', async () => ({ envoys: (await store.listEnvoys()).map(envoyView) }));

    app.get<{ Params: { envoy: string } }>('/envoys/:envoy', async ({ params }) => {
      const envoy = await find(params.envoy);
      return { envoy: envoyView(envoy), runs: await store.listRuns(envoy.id, SHOWN_RUNS) };
    });

    app.post<{ Params: { envoy: string } }>('/envoys/:envoy/rename', async (request) => {
      const hostName = parseHostName(parseBody(renameBody, request.body).host_name);
      const envoy = await find(request.params.envoy);
      const epoch = await store.renameEnvoy(envoy.id, hostName, {
        action: 'envoy.renamed',
        actor: request.actor,
        subject: envoy.id,
        outcome: 'done',
        detail: { from: envoy.hostName, to: hostName },
      });
      fleet.rename(envoy.id, hostName);
      live.advanceEpoch(epoch);
      wakeUps.wake(envoy.id);
      return { envoy: envoyView(await find(envoy.id)) };
    });

    app.post<{ Params: { envoy: string } }>('/envoys/:envoy/revoke', async (request) => {
      const envoy = await find(request.params.envoy);
      await store.revokeEnvoy(envoy.id, {
        action: 'envoy.revoked',
        actor: request.actor,
        subject: envoy.id,
        outcome: 'done',
        detail: { host_name: envoy.hostName },
      });
      fleet.revoke(envoy.id);
      wakeUps.end(envoy.id);
      return { envoy: envoyView(await find(envoy.id)) };
    });
  };
}
