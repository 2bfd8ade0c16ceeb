import { isReservedKey, type KeyName } from '../../base/index.js';
import type { Ed25519Signer } from '../../crypto/index.js';
import type { Store } from '../../store/index.js';
import {
  decodeResolveSecrets,
  encodeSealedAnswer,
  makeAnswerKey,
  Rejection,
  type SecretRef,
  type SecretValue,
  sealAnswer,
} from '../../wire/index.js';
import { auditList } from '../abuse/audit-list.js';
import type { Envoy } from '../agents/fleet.js';
import type { Generations } from '../agents/generations.js';
import type { LivePolicy } from '../publishing/live-policy.js';
import type { SecretWatch } from '../publishing/secret-watch.js';
import type { SecretsProvider } from '../publishing/secrets-provider.js';
import type { AuthenticatedRequest } from './authenticate.js';

/** Names that don't follow from a config are whatever somebody makes up. */
const MAX_DENIED_BYTES = 1024;

export interface ResolveContext {
  readonly live: LivePolicy;
  readonly generations: Pick<Generations, 'demandUnforked'>;
  readonly secrets: Pick<SecretsProvider, 'open'>;
  readonly versions: Pick<SecretWatch, 'demandNewest'>;
  readonly signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>;
  readonly store: Pick<Store, 'appendAudit'>;
}

/** Opens the values of the refs that stand in the envoy's own bundle and seals them to this one request (D3, D4, D6). */
export async function resolveSecrets(
  { live, generations, secrets, versions, signer, store }: ResolveContext,
  request: AuthenticatedRequest,
): Promise<Uint8Array> {
  const { envoy, hash } = request;
  const { policyVersion, refs, kemPublicKey, generation } = decodeResolveSecrets(request.payload);
  await generations.demandUnforked(request, generation);
  // Read before the values: a change in between raises it and is asked for again.
  const epoch = live.epoch;
  const bundle = await live.bundleFor(envoy);
  if (bundle?.policyVersion !== policyVersion) {
    throw new Rejection('stale_bundle', 'the config changed meanwhile: check in again');
  }
  await refuseStrangers(refs, bundle.body.refs, envoy, store);
  // A key that is none is refused here, before the log says that the values were given.
  const answerKey = await makeAnswerKey({ requestHash: await hash(), kemPublicKey });

  const values: SecretValue[] = [];
  const current: string[] = [];
  try {
    for (const { key, heldVersion } of refs) {
      const { version, value } = await secrets.open(key);
      if (version === heldVersion) value.dispose();
      else values.push({ key, version, value });
      versions.demandNewest(key, version);
      current.push(`${key}@${version}`);
    }
    // Where it can't be recorded, it doesn't happen (A1): the entry is committed before the answer exists.
    await store.appendAudit({
      action: 'secret.epoch_resolved',
      actor: envoy.hostName,
      subject: envoy.id,
      outcome: 'done',
      detail: {
        epoch,
        policy_version: policyVersion,
        refs: await auditList(current),
        sent: values.length,
      },
    });
    return encodeSealedAnswer(await sealAnswer(answerKey, epoch, values, signer));
  } finally {
    answerKey.key.dispose();
    for (const { value } of values) value.dispose();
  }
}

/** Entitlement: only what stands in the envoy's own bundle, and never a reserved key, whatever a config says (D5b). */
async function refuseStrangers(
  refs: readonly SecretRef[],
  entitled: ReadonlySet<KeyName>,
  envoy: Envoy,
  store: Pick<Store, 'appendAudit'>,
): Promise<void> {
  const denied = refs.map(({ key }) => key).filter((key) => !entitled.has(key) || isReservedKey(key));
  if (denied.length === 0) return;
  await store.appendAudit({
    action: 'secret.entitlement_denied',
    actor: envoy.hostName,
    subject: envoy.id,
    outcome: 'denied',
    detail: { refs: await auditList(denied, MAX_DENIED_BYTES) },
  });
  throw new Rejection(
    'entitlement',
    `not in the bundle of ${envoy.hostName}: ${denied[0]}${denied.length > 1 ? ` and ${denied.length - 1} more` : ''}`,
  );
}
