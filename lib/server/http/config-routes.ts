import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Publication, Store } from '../../store/index.js';
import type { Publishing, PublishResult } from '../publish.js';
import { parseBody } from './parse-body.js';

const rollbackBody = z.strictObject({ to: z.int().positive().optional() });

/** The config: check it, make it live, go back. */
export function configRoutes(publishing: Publishing, store: Store): FastifyPluginAsync {
  return async (app) => {
    app.post('/config/validate', () => publishing.validate());
    app.post('/config/publish', async (request) => answer(await publishing.publish(request.actor)));
    app.post('/config/rollback', async (request) =>
      answer(await publishing.rollback(parseBody(rollbackBody, request.body ?? {}).to, request.actor)),
    );
    app.get('/config/history', async () => ({
      publications: (await store.listPublications()).map(publicationView),
    }));
  };
}

function publicationView({ policyVersion, publishedAtMs, actor, source, digest }: Publication) {
  return { policy_version: policyVersion, published_at: publishedAtMs, actor, source, digest };
}

function answer({ policyVersion, secretsEpoch, digest, changed }: PublishResult) {
  return { policy_version: policyVersion, secrets_epoch: secretsEpoch, digest, changed };
}
