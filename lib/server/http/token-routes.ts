import type { FastifyPluginAsync } from 'fastify';
import { z } from 'zod';
import { formatDuration, formatLabels, parseHostGlob, parseLabels, type SteadyClock, toHex } from '../../base/index.js';
import { makeToken, tokenHash, tokenId } from '../../identity/index.js';
import { certificateHash, type KeyedCertificate } from '../../pki/index.js';
import type { Store, Token } from '../../store/index.js';
import type { AgentProgram } from '../agents/agent-program.js';
import { parseBody } from './parse-body.js';

const MAX_TTL_MS = 7 * 86_400_000;

export interface TokenRoutesContext {
  /** The CA as it is now. */
  readonly authority: { readonly ca: KeyedCertificate };
  readonly agentProgram: AgentProgram;
  readonly store: Store;
  readonly clock: SteadyClock;
}

const tokenBody = z.strictObject({
  ttl_ms: z
    .int()
    .min(1000)
    .max(MAX_TTL_MS, `a token is good for ${formatDuration(MAX_TTL_MS)} at most`),
  /** A glob over host names, or null for any host: said explicitly, never by leaving it out. */
  match: z.string().nullable(),
  /** `name=value` each. */
  labels: z.array(z.string()).default([]),
});

/** The one-time tokens by which machines enroll. What a token is, is said once, to who made it. */
export function tokenRoutes({ authority, agentProgram, store, clock }: TokenRoutesContext): FastifyPluginAsync {
  return async (app) => {
    app.post('/enrollment-tokens', async (request, reply) => {
      const { ttl_ms, match, labels: texts } = parseBody(tokenBody, request.body);
      const glob = match === null ? undefined : parseHostGlob(match);
      const labels = parseLabels(texts);
      const { text, secret } = makeToken(certificateHash(authority.ca.certificatePem));
      const hash = await tokenHash(secret.expose());
      const id = await tokenId(hash);
      secret.dispose();
      const expiresAtMs = clock.nowMs() + ttl_ms;
      await store.createToken(
        { id, hash, match: glob, expiresAtMs, labels },
        {
          action: 'token.created',
          actor: request.actor,
          subject: id,
          outcome: 'done',
          detail: { match, expires_at: expiresAtMs, labels: formatLabels(labels) },
        },
      );
      return reply.status(201).send({ id, token: text, match, labels, expires_at: expiresAtMs });
    });

    /** What a command that installs the agent has to pin. */
    app.get('/agent-program', async () => ({ sha256: toHex(await agentProgram.hash()) }));

    app.get('/enrollment-tokens', async () => {
      const nowMs = clock.nowMs();
      return { tokens: (await store.listTokens()).map((token) => tokenView(token, nowMs)) };
    });

    app.post<{ Params: { token: string } }>('/enrollment-tokens/:token/revoke', async ({ params, actor }) => {
      const subject = params.token;
      const changed = await store.revokeToken(subject, { action: 'token.revoked', actor, subject, outcome: 'done' });
      return { changed };
    });
  };
}

/** A token as the API shows it: nothing that it could be used with. */
function tokenView(token: Token, nowMs: number) {
  const { id, match, labels, createdAtMs, expiresAtMs, use, revokedAtMs } = token;
  return {
    id,
    state: stateOf(token, nowMs),
    match: match ?? null,
    labels,
    created_at: createdAtMs,
    expires_at: expiresAtMs,
    used_at: use?.atMs ?? null,
    used_from: use?.remoteAddress ?? null,
    envoy_id: use?.envoyId ?? null,
    revoked_at: revokedAtMs ?? null,
  };
}

function stateOf({ use, revokedAtMs, expiresAtMs }: Token, nowMs: number): 'unused' | 'used' | 'revoked' | 'expired' {
  if (use !== undefined) return 'used';
  if (revokedAtMs !== undefined) return 'revoked';
  return nowMs >= expiresAtMs ? 'expired' : 'unused';
}
