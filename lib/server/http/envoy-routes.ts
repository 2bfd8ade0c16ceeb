import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type EnvoyId, isEnvoyId, parseHostName } from '../../base/index.js';
import type { Store } from '../../store/index.js';
import { ServerError } from '../errors.js';
import type { Fleet } from '../fleet.js';
import type { Generations } from '../generations.js';
import type { LivePolicy } from '../live-policy.js';
import type { WakeUps } from '../wake-ups.js';
import { envoyView, runView } from './envoy-view.js';
import { parseBody } from './parse-body.js';

const SHOWN_RUNS = 10;

export interface EnvoyRoutesContext {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly generations: Pick<Generations, 'release'>;
  readonly live: LivePolicy;
  readonly wakeUps: WakeUps;
  /** Ends the connections of an envoy. */
  readonly disconnect: (id: EnvoyId) => void;
}

const renameBody = z.strictObject({ host_name: z.string() });

/** What an operator sees of the envoys, and does with them. */
export function envoyRoutes({
  store,
  fleet,
  generations,
  live,
  wakeUps,
  disconnect,
}: EnvoyRoutesContext): FastifyPluginAsync {
  const find = async (idOrName: string) => {
    const envoy = await store.getEnvoy(isEnvoyId(idOrName) ? idOrName : parseHostName(idOrName));
    if (envoy !== undefined) return envoy;
    throw new ServerError('not_found', `there is no envoy ${JSON.stringify(idOrName)}`, {
      hint: 'vigocli envoys list shows them all',
    });
  };

  return async (app) => {
    // What is only in memory so far belongs to the answer.
    app.addHook('preHandler', () => store.touchEnvoys(fleet.takeSightings()));

    app.get('/envoys', async () => ({ envoys: (await store.listEnvoys()).map(envoyView) }));

    app.get<{ Params: { envoy: string } }>('/envoys/:envoy', async ({ params }) => {
      const envoy = await find(params.envoy);
      return { envoy: envoyView(envoy), runs: (await store.listRuns(envoy.id, SHOWN_RUNS)).map(runView) };
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
      disconnect(envoy.id);
      return { envoy: envoyView(await find(envoy.id)) };
    });

    app.post<{ Params: { envoy: string } }>('/envoys/:envoy/quarantine', async (request) => {
      const envoy = await find(request.params.envoy);
      const { changed } = await store.quarantineEnvoy(envoy.id, {
        action: 'envoy.quarantined',
        actor: request.actor,
        subject: envoy.id,
        outcome: 'done',
        detail: { host_name: envoy.hostName },
      });
      fleet.quarantine(envoy.id);
      return { changed, envoy: envoyView(await find(envoy.id)) };
    });

    app.post<{ Params: { envoy: string } }>('/envoys/:envoy/release', async (request) => {
      const envoy = await find(request.params.envoy);
      const { changed } = await store.releaseEnvoy(envoy.id, {
        action: 'envoy.released',
        actor: request.actor,
        subject: envoy.id,
        outcome: 'done',
        detail: { host_name: envoy.hostName, was_forked: envoy.fork !== undefined },
      });
      if (changed) {
        generations.release(envoy.id);
        fleet.release(envoy.id);
        wakeUps.wake(envoy.id);
      }
      return { changed, envoy: envoyView(await find(envoy.id)) };
    });
  };
}
