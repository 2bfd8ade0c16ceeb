import type { FastifyPluginAsync } from 'fastify';
import type { SteadyClock } from '../../base/index.js';
import { AGENT_PATH } from '../../wire/index.js';
import { RateLimit } from '../abuse/rate-limit.js';
import type { AgentProgram } from '../agents/agent-program.js';
import { ServerError } from '../errors.js';

/** A megabyte each: 60 at once from one network, and one a second from then on. */
const LIMIT = { burst: 60, refillMs: 1000, maxNetworks: 10_000 };

export interface AgentRoutesContext {
  readonly agentProgram: AgentProgram;
  readonly clock: SteadyClock;
}

/** The agent's program, to everybody: it is no secret, and who fetches it knows its hash. */
export function agentRoutes({ agentProgram, clock }: AgentRoutesContext): FastifyPluginAsync {
  const limit = new RateLimit(LIMIT);
  return async (app) => {
    app.get(AGENT_PATH, async ({ ip }, reply) => {
      const waitMs = limit.take(ip, clock.monotonicMs());
      if (waitMs > 0) {
        const seconds = Math.ceil(waitMs / 1000);
        reply.header('retry-after', seconds);
        throw new ServerError('too_many_attempts', 'too many downloads to this address', {
          hint: `try again in ${seconds} s`,
        });
      }
      return reply.type('text/javascript').send(await agentProgram.read());
    });
  };
}
