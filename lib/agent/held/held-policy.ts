import {
  decodeCanonical,
  type EnvoyId,
  encodeCanonical,
  equalBytes,
  type KeyName,
  VigoError,
} from '../../base/index.js';
import { loadSha256 } from '../../crypto/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { hashBody, type PolicyBody, parseBody, type Resource, refsOf, watchersOf } from '../../policy/index.js';
import {
  MAX_BODY_BYTES,
  MAX_WATCHES,
  openHead,
  type PinnedKey,
  type PolicyBundle,
  type PolicyHead,
  type SignedHead,
  type SigningKeyId,
  WATCH_MARK_BYTES,
  WireError,
} from '../../wire/index.js';
import { AgentError } from '../errors.js';

const TAG = 'vigo/held-policy/v1';
const MAX_FILE_BYTES = MAX_BODY_BYTES + MAX_WATCHES * WATCH_MARK_BYTES + 4096;

/** Whose heads this envoy accepts, and which. */
export interface PolicyTrust {
  readonly envoyId: EnvoyId;
  readonly pinned: PinnedKey;
  /** The key before, if there was one: what is held may still be signed by it. */
  readonly previous?: PinnedKey | undefined;
}

/** The policy that this envoy accepted last, verified. */
export interface HeldPolicy {
  readonly signed: SignedHead;
  /** Of the policy key that signed it. */
  readonly keyId: SigningKeyId;
  readonly head: PolicyHead;
  readonly bytes: Uint8Array;
  readonly body: PolicyBody;
  readonly refs: ReadonlySet<KeyName>;
  /** Of each resource that watches secrets: another one when one of these changed. */
  readonly marks: ReadonlyMap<Resource, Uint8Array>;
}

/**
 * Verifies a bundle from the signature down, and that it doesn't lead back behind what is held. Numbers are compared
 * under one key: what its successor signs is later by that alone, whatever numbers a stolen key was used for.
 * @throws WireError `forged`, `malformed`; AgentError `rollback`, `bad_answer`; PolicyError `invalid_body`
 */
export async function openBundle(
  bundle: PolicyBundle,
  held: HeldPolicy | undefined,
  trust: PolicyTrust,
): Promise<HeldPolicy> {
  const head = await openHead(bundle.head, trust.pinned, trust.envoyId);
  const { keyId } = trust.pinned;
  if (held !== undefined && equalBytes(held.keyId, keyId)) demandProgress(head, held.head);
  const bytes = bundle.body ?? held?.bytes;
  // Against a body of somebody else's making beside a genuine head.
  if (bytes === undefined || !equalBytes(hashBody(bytes, await loadSha256()), head.bodyHash)) {
    throw new AgentError('bad_answer', "the policy's body isn't the one that its signed head names");
  }
  const body = parseBody(bytes);
  return { signed: bundle.head, keyId, head, bytes, body, refs: refsOf(body), marks: marksOf(body, head) };
}

/**
 * What was accepted before this process began.
 * @returns undefined where nothing was.
 * @throws AgentError `bad_state` where it isn't what this envoy accepted, FilesError
 */
export async function readHeldPolicy(path: string, trust: PolicyTrust): Promise<HeldPolicy | undefined> {
  try {
    const fields = decodeCanonical(TAG, 3, await readFileLimited(path, MAX_FILE_BYTES, { private: true }));
    const head = { head: fields.bytes(), signature: fields.bytes(64) };
    const bundle = { head, body: fields.bytes() };
    return await openBundle(bundle, undefined, trust).catch((cause) => {
      // The chain of trust was followed, and the process ended before a bundle of the next key was accepted.
      const { envoyId, previous: pinned } = trust;
      if (pinned === undefined || !(cause instanceof WireError && cause.code === 'forged')) throw cause;
      return openBundle(bundle, undefined, { envoyId, pinned });
    });
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    if (cause instanceof FilesError || !(cause instanceof VigoError)) throw cause;
    throw new AgentError('bad_state', `${path} is not a policy that this envoy accepted: ${cause.message}`, { cause });
  }
}

/** One file, so that after a crash head and body belong together. It holds placeholders, no secret (D1). */
export async function writeHeldPolicy(path: string, { signed, bytes }: HeldPolicy): Promise<void> {
  await writeFileAtomic(path, encodeCanonical(TAG, signed.head, signed.signature, bytes), { mode: 0o600 });
}

function marksOf(body: PolicyBody, { watchMarks }: PolicyHead): ReadonlyMap<Resource, Uint8Array> {
  const watchers = watchersOf(body);
  if (watchMarks.length !== watchers.length * WATCH_MARK_BYTES) {
    throw new AgentError('bad_answer', "the policy's head doesn't have a mark for each resource that watches secrets");
  }
  return new Map(
    watchers.map((resource, i) => [resource, watchMarks.slice(i * WATCH_MARK_BYTES, (i + 1) * WATCH_MARK_BYTES)]),
  );
}

/** Anti-rollback: whoever recorded an earlier bundle must not bring its policy or its secrets back. */
function demandProgress(next: PolicyHead, held: PolicyHead): void {
  for (const [what, to, from] of [
    ['policy version', next.policyVersion, held.policyVersion],
    ['secrets epoch', next.secretsEpoch, held.secretsEpoch],
  ] as const) {
    if (to < from) {
      throw new AgentError('rollback', `the server offers ${what} ${to}, but this envoy accepted ${from} before`, {
        hint: 'a server that was put back learns what this envoy holds, and goes on above it: where this stays, somebody may stand in between and replay',
      });
    }
  }
}
