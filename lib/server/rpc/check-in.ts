import { type Clock, equalBytes } from '../../base/index.js';
import type { Ed25519Signer } from '../../crypto/index.js';
import type { Settings } from '../../settings/index.js';
import type { AgentInfo, Store } from '../../store/index.js';
import { type CheckInAnswer, encodeCheckInAnswer, FIRST_OFFER, grantGeneration } from '../../wire/index.js';
import { agentView, understandsLess } from '../agents/agent-info.js';
import type { Envoy, Fleet } from '../agents/fleet.js';
import type { Generations } from '../agents/generations.js';
import type { RestoredDatabase } from '../agents/restored-database.js';
import type { LivePolicy } from '../publishing/live-policy.js';
import type { ServerTrust } from '../trust/server-trust.js';
import type { AuthenticatedRequest } from './authenticate.js';
import type { EnvoyLimits } from './envoy-limits.js';
import type { LastCheckIns } from './last-check-ins.js';

export interface CheckInContext {
  readonly live: LivePolicy;
  readonly trust: Pick<ServerTrust, 'position'>;
  readonly signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>;
  readonly fleet: Fleet;
  readonly store: Pick<Store, 'appendAudit'>;
  readonly limits: Pick<EnvoyLimits, 'allowsDowngradeEntry'>;
  readonly generations: Pick<Generations, 'checkIn' | 'standingOf'>;
  readonly restored: Pick<RestoredDatabase, 'learnFrom'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'checkinIntervalMs'>;
  readonly said: LastCheckIns;
}

/** Gives the envoy its bundle, or nothing where it holds the current one: then nothing is built, asked or signed. */
export async function checkIn(context: CheckInContext, request: AuthenticatedRequest): Promise<Uint8Array> {
  const { live, trust, signer, fleet, generations, restored, clock, settings, said } = context;
  const { envoy } = request;
  const message = said.read(request.peer, request.payload);
  const { heldHead, heldBody, traits, generation: quoted, newerHead, offer = FIRST_OFFER } = message;
  const agent = { version: message.agentVersion, ...offer };
  await noteDowngrade(context, envoy, agent);
  fleet.saw(envoy.id, { traits, agent }, settings.checkinIntervalMs);
  const generation = await generations.checkIn(request, quoted);
  if (newerHead !== undefined) await restored.learnFrom(envoy, newerHead);
  const answer: Omit<CheckInAnswer, 'bundle'> = {
    serverTimeMs: clock.nowMs(),
    intervalMs: settings.checkinIntervalMs,
    generation: generation && grantGeneration(generation, await request.hash(), signer),
    trustNumber: trust.position.number,
    record: offer.protocol >= 2 ? { hostName: envoy.hostName, standing: generations.standingOf(envoy.id) } : undefined,
  };
  const bundle = await live.bundleFor(envoy);
  if (bundle === undefined || (heldHead !== undefined && equalBytes(heldHead, bundle.headHash))) {
    return encodeCheckInAnswer({ ...answer, bundle: undefined });
  }
  const holdsBody = heldBody !== undefined && equalBytes(heldBody, bundle.body.hash);
  return encodeCheckInAnswer({
    ...answer,
    bundle: { head: bundle.head, body: holdsBody ? undefined : bundle.body.bytes },
  });
}

/**
 * Records that an agent understands less than the one before: an update was backed out, or a stolen key is used with an
 * earlier agent. It is served all the same. An agent that goes back and forth doesn't fill the audit log.
 */
async function noteDowngrade(
  { store, limits }: CheckInContext,
  { id, hostName, agent: before }: Envoy,
  agent: AgentInfo,
): Promise<void> {
  if (before === undefined || !understandsLess(agent, before) || !limits.allowsDowngradeEntry(id)) return;
  const detail = { host_name: hostName, from: agentView(before), to: agentView(agent) };
  await store.appendAudit({ action: 'envoy.downgraded', actor: `envoy:${id}`, subject: id, outcome: 'done', detail });
}
