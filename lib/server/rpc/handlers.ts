import type { AgentHandlers } from '../../rpc/index.js';
import type { Store } from '../../store/index.js';
import type { Generations } from '../agents/generations.js';
import type { WakeUps } from '../agents/wake-ups.js';
import type { EventLog } from '../host/log.js';
import { type AuthenticationContext, authenticated } from './authenticate.js';
import { type CheckInContext, checkIn } from './check-in.js';
import type { EnvoyLimits } from './envoy-limits.js';
import { LastCheckIns } from './last-check-ins.js';
import { reportRun } from './report-run.js';
import { type ResolveContext, resolveSecrets } from './resolve-secrets.js';
import { wakeUp } from './wake-up.js';

export interface HandlersContext extends AuthenticationContext, Omit<CheckInContext, 'said'>, ResolveContext {
  readonly generations: Generations;
  readonly wakeUps: WakeUps;
  readonly limits: EnvoyLimits;
  readonly store: Store;
  readonly log: EventLog;
}

/** One handler per RPC; each begins with the same proof of who is calling. */
export function agentHandlers(context: HandlersContext): AgentHandlers {
  const { limits, store, log, wakeUps } = context;
  const checkInContext = { ...context, said: new LastCheckIns() };
  return {
    checkIn: (call) => authenticated(context, call, (request) => checkIn(checkInContext, request)),
    resolveSecrets: (call) =>
      authenticated(context, call, async (request) => {
        limits.demandResolve(request.envoy.id);
        return resolveSecrets(context, request);
      }),
    reportRun: (call) =>
      authenticated(context, call, async (request) => {
        limits.demandReport(request.envoy.id);
        return reportRun({ store, log }, request);
      }),
    wakeUp: (call, stream) => authenticated(context, call, (request) => wakeUp(wakeUps, request, stream)),
  };
}
