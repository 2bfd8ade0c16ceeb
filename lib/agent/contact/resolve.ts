import { loadXWing, wipe } from '../../crypto/index.js';
import { decodeSealedAnswer, encodeResolveSecrets, openSealedAnswer, Rejection } from '../../wire/index.js';
import { AgentError } from '../errors.js';
import type { HeldGeneration } from '../held/held-generation.js';
import type { HeldPolicy, PolicyTrust } from '../held/held-policy.js';
import type { SecretCache } from '../held/secret-cache.js';
import type { Session } from './session.js';

/**
 * Fetches what the policy refers to in one call (D3), sealed to a key that is made for this call and wiped after it
 * (D6). Does nothing where every value is here already.
 * @throws Rejection `stale_bundle`, `entitlement`, `clone`, …; RpcError; WireError `forged`, `malformed`;
 *   AgentError `rollback`, `bad_answer`, `unresolved`
 */
export async function resolveSecrets(
  session: Session,
  cache: SecretCache,
  { head, refs }: HeldPolicy,
  { pinned }: PolicyTrust,
  generation: Pick<HeldGeneration, 'current'>,
): Promise<void> {
  if (refs.size === 0) return cache.accept(refs, [], head.secretsEpoch, session.instance);
  if (cache.covers(refs, head.secretsEpoch)) return;
  const xWing = await loadXWing();
  const { publicKey: kemPublicKey, secretKey } = xWing.generateKeyPair();
  try {
    const { instance } = session;
    const payload = encodeResolveSecrets({
      policyVersion: head.policyVersion,
      refs: cache.ask(refs, instance),
      kemPublicKey,
      generation: generation.current,
    });
    const { answer, requestHash } = await session.call('ResolveSecrets', payload);
    // The versions that were named are those of a process that is gone: check in with the one that answered, and ask again.
    if (session.instance !== instance) throw new Rejection('stale_bundle', 'another server process answered');
    const sealed = decodeSealedAnswer(answer);
    const values = await openSealedAnswer({ requestHash, kemPublicKey }, sealed, secretKey, pinned);
    // Anti-rollback: values that are older than the head would be taken for current ones.
    if (sealed.secretsEpoch < head.secretsEpoch) {
      for (const { value } of values) value.dispose();
      throw new AgentError('rollback', `the server answers for epoch ${sealed.secretsEpoch}, before the policy's own`);
    }
    cache.accept(refs, values, sealed.secretsEpoch, instance);
  } finally {
    wipe(secretKey);
  }
}
