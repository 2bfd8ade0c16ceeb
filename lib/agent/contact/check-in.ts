import { resourceTypeNames } from '../../policy/index.js';
import { version } from '../../version.js';
import {
  decodeCheckInAnswer,
  demandGranted,
  type EnvoyRecord,
  encodeCheckIn,
  headHash,
  PROTOCOL,
  type SignedHead,
} from '../../wire/index.js';
import { AgentError } from '../errors.js';
import type { HeldGeneration } from '../held/held-generation.js';
import { type HeldPolicy, openBundle, type PolicyTrust } from '../held/held-policy.js';
import type { Session } from './session.js';
import { collectTraits } from './traits.js';

export interface CheckedIn {
  /** Absent where the envoy holds the current policy already, or where the server has none for it. */
  readonly policy: HeldPolicy | undefined;
  readonly serverTimeMs: number;
  readonly intervalMs: number;
  /** How far the server's chain of trust leads. */
  readonly trustNumber: number;
  /** How the server has this envoy on record; absent from an earlier server. */
  readonly record?: EnvoyRecord | undefined;
}

/**
 * Asks for a newer policy than the one held, and verifies it. A generation that comes with it is stored first. A server
 * that offers an older policy is shown the one that is held: an earlier database that was put back learns by that what
 * it has forgotten, and whoever replays an old bundle can't sign a new one.
 * @throws Rejection, RpcError, FilesError, WireError `forged`, and what `openBundle` throws
 */
export async function checkIn(
  session: Session,
  held: HeldPolicy | undefined,
  trust: PolicyTrust,
  generation: HeldGeneration,
): Promise<CheckedIn> {
  const ask = async (newerHead: SignedHead | undefined): Promise<CheckedIn> => {
    const payload = encodeCheckIn({
      heldHead: held && (await headHash(held.signed)),
      heldBody: held?.head.bodyHash,
      traits: collectTraits(),
      offer: { protocol: PROTOCOL, resourceTypes: [...resourceTypeNames].sort() },
      agentVersion: version,
      generation: generation.current,
      newerHead,
    });
    const { answer, requestHash } = await session.call('CheckIn', payload);
    const { generation: granted, bundle, ...rest } = decodeCheckInAnswer(answer);
    if (granted !== undefined) {
      await demandGranted(granted, requestHash, trust.pinned);
      await generation.store(granted.generation);
    }
    return { ...rest, policy: bundle && (await openBundle(bundle, held, trust)) };
  };
  try {
    return await ask(undefined);
  } catch (cause) {
    if (held === undefined || !(cause instanceof AgentError && cause.code === 'rollback')) throw cause;
    return ask(held.signed);
  }
}
