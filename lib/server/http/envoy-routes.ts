import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { type EnvoyId, isEnvoyId, parseHostName, type SteadyClock } from '../../base/index.js';
import type { EntryDraft, Envoy, Store } from '../../store/index.js';
import type { Fleet } from '../agents/fleet.js';
import type { Generations } from '../agents/generations.js';
import type { WakeUps } from '../agents/wake-ups.js';
import { ServerError } from '../errors.js';
import type { LivePolicy } from '../publishing/live-policy.js';
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
  readonly clock: SteadyClock;
}

/** An entry about the envoy of a request, by who sent it. */
type DraftOf = (action: string, detail: NonNullable<EntryDraft['detail']>) => EntryDraft;

const renameBody = z.strictObject({ host_name: z.string() });

/** What an operator sees of the envoys, and does with them. */
export function envoyRoutes({
  store,
  fleet,
  generations,
  live,
  wakeUps,
  disconnect,
  clock,
}: EnvoyRoutesContext): FastifyPluginAsync {
  const find = async (idOrName: string) => {
    const envoy = await store.getEnvoy(isEnvoyId(idOrName) ? idOrName : parseHostName(idOrName));
    if (envoy !== undefined) return envoy;
    throw new ServerError('not_found', `there is no envoy ${JSON.stringify(idOrName)}`, {
      hint: 'vigocli envoys list shows them all',
    });
  };

  // What is only in memory so far belongs to the answer. Reading writes nothing.
  const view = (envoy: Envoy) => {
    // A revoked envoy is given nothing, so it lacks nothing.
    const missingSecrets = envoy.status === 'revoked' ? [] : live.missingSecrets(envoy.hostName);
    return envoyView(fleet.upToDate(envoy), { missingSecrets, nowMs: clock.nowMs() });
  };

  const latestRuns = async (id: EnvoyId) => {
    const publications = await store.listPublications();
    const versions = new Map(publications.map(({ policyVersion, version }) => [policyVersion, version]));
    return (await store.listRuns(id, SHOWN_RUNS)).map((run) => runView(run, versions));
  };

  return async (app) => {
    app.get('/envoys', async () => ({ envoys: (await store.listEnvoys()).map(view) }));

    app.get<{ Params: { envoy: string } }>('/envoys/:envoy', async ({ params }) => {
      const envoy = await find(params.envoy);
      return { envoy: view(envoy), runs: await latestRuns(envoy.id) };
    });

    /** `act` does it, with the entry that it is recorded by; the answer is what it gives, and the envoy as it is then. */
    const verb = (name: string, act: (envoy: Envoy, entry: DraftOf, body: unknown) => Promise<object>) => {
      app.post<{ Params: { envoy: string } }>(`/envoys/:envoy/${name}`, async ({ params, actor, body }) => {
        const envoy = await find(params.envoy);
        const entry: DraftOf = (action, detail) => ({ action, actor, subject: envoy.id, outcome: 'done', detail });
        const given = await act(envoy, entry, body);
        return { ...given, envoy: view(await find(envoy.id)) };
      });
    };

    verb('rename', async ({ id, hostName: from }, entry, body) => {
      const to = parseHostName(parseBody(renameBody, body).host_name);
      const epoch = await store.renameEnvoy(id, to, entry('envoy.renamed', { from, to }));
      fleet.rename(id, to);
      live.advanceEpoch(epoch);
      wakeUps.wake(id);
      return {};
    });

    verb('revoke', async ({ id, hostName }, entry) => {
      const { changed } = await store.revokeEnvoy(id, entry('envoy.revoked', { host_name: hostName }));
      fleet.revoke(id);
      wakeUps.end(id);
      disconnect(id);
      return { changed };
    });

    verb('quarantine', async ({ id, hostName }, entry) => {
      const { changed } = await store.quarantineEnvoy(id, entry('envoy.quarantined', { host_name: hostName }));
      fleet.quarantine(id);
      wakeUps.wake(id);
      return { changed };
    });

    verb('release', async ({ id, hostName, fork }, entry) => {
      const detail = { host_name: hostName, was_forked: fork !== undefined };
      const { changed } = await store.releaseEnvoy(id, entry('envoy.released', detail));
      if (changed) {
        generations.release(id);
        fleet.release(id);
        wakeUps.wake(id);
      }
      return { changed };
    });
  };
}
