import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import type { Publication, Store } from '../../store/index.js';
import type { Publishing, PublishResult } from '../publishing/publish.js';
import { parseBody } from './parse-body.js';

/** One line, for tables and logs. */
const message = z
  .string()
  .trim()
  .regex(/^[^\p{C}\p{Zl}\p{Zp}]{1,500}$/u)
  .optional();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const checkout = z.strictObject({ digest: sha256, commit: z.string().regex(/^([0-9a-f]{40}|[0-9a-f]{64})$/) });
const publishBody = z.strictObject({ message, checkout: checkout.optional() });
const rollbackBody = z.strictObject({ version: z.int().positive().optional(), message });

/** The config: check it, make it live, go back. */
export function configRoutes(publishing: Publishing, store: Store): FastifyPluginAsync {
  return async (app) => {
    app.post('/config/validate', () => publishing.validate());
    app.post('/config/publish', async ({ actor, body }) =>
      answer(await publishing.publish(actor, parseBody(publishBody, body ?? {}))),
    );
    app.post('/config/rollback', async ({ actor, body }) => {
      const { version, message } = parseBody(rollbackBody, body ?? {});
      return answer(await publishing.rollback(version, actor, { message }));
    });
    app.get('/config/history', async () => ({
      publications: (await store.listPublications()).map(publicationView),
    }));
  };
}

function publicationView(publication: Publication) {
  const { version, policyVersion, publishedAtMs, actor, source, digest, message, commit } = publication;
  return {
    version,
    policy_version: policyVersion,
    published_at: publishedAtMs,
    actor,
    source,
    digest,
    message: message ?? null,
    commit: commit ?? null,
  };
}

function answer(result: PublishResult) {
  const { version, policyVersion, secretsEpoch, digest, changed, warnings, stacksDiffer } = result;
  return {
    version,
    policy_version: policyVersion,
    secrets_epoch: secretsEpoch,
    digest,
    changed,
    warnings,
    ...(stacksDiffer === undefined ? {} : { stacks_differ: stacksDiffer }),
  };
}
