import { type Clock, equalBytes } from '../../base/index.js';
import type { Ed25519Signer } from '../../crypto/index.js';
import type { Settings } from '../../settings/index.js';
import { type CheckInAnswer, encodeCheckInAnswer, grantGeneration, readsRecord } from '../../wire/index.js';
import type { Fleet } from '../agents/fleet.js';
import type { Generations } from '../agents/generations.js';
import type { RestoredDatabase } from '../agents/restored-database.js';
import type { LivePolicy } from '../publishing/live-policy.js';
import type { ServerTrust } from '../trust/server-trust.js';
import type { AuthenticatedRequest } from './authenticate.js';
import type { LastCheckIns } from './last-check-ins.js';

export interface CheckInContext {
  readonly live: LivePolicy;
  readonly trust: Pick<ServerTrust, 'position'>;
  readonly signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>;
  readonly fleet: Fleet;
  readonly generations: Pick<Generations, 'checkIn' | 'standingOf'>;
  readonly restored: Pick<RestoredDatabase, 'learnFrom'>;
  readonly clock: Clock;
  readonly settings: Pick<Settings, 'checkinIntervalMs'>;
  readonly said: LastCheckIns;
}

/** Gives the envoy its bundle, or nothing where it holds the current one: then nothing is built, asked or signed. */
export async function checkIn(
  { live, trust, signer, fleet, generations, restored, clock, settings, said }: CheckInContext,
  request: AuthenticatedRequest,
): Promise<Uint8Array> {
  const { envoy } = request;
  const { heldHead, heldBody, traits, generation: quoted, newerHead } = said.read(request.peer, request.payload);
  fleet.saw(envoy.id, traits, settings.checkinIntervalMs);
  const generation = await generations.checkIn(request, quoted);
  if (newerHead !== undefined) await restored.learnFrom(envoy, newerHead);
  const answer: Omit<CheckInAnswer, 'bundle'> = {
    serverTimeMs: clock.nowMs(),
    intervalMs: settings.checkinIntervalMs,
    generation: generation && grantGeneration(generation, await request.hash(), signer),
    trustNumber: trust.position.number,
    record: readsRecord(traits) ? { hostName: envoy.hostName, standing: generations.standingOf(envoy.id) } : undefined,
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
