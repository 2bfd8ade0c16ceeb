import { X509Certificate } from 'node:crypto';
import { FilesError } from '../files/index.js';
import { readTroubles } from './contact-record.js';
import { AgentError } from './errors.js';
import { readHeldPolicy } from './held-policy.js';
import { readIdentity, readTlsFiles } from './identity-files.js';
import type { AgentPaths } from './paths.js';
import { policyTrust } from './trust-follower.js';

/** What `vigo status` tells. Times are ISO 8601; null stands for what isn't there. */
export interface AgentStatus {
  readonly enrolled: boolean;
  readonly envoy_id: string | null;
  readonly host_name: string | null;
  readonly server: string | null;
  readonly certificate_ends: string | null;
  readonly policy_version: number | null;
  readonly secrets_epoch: number | null;
  readonly policy_issued: string | null;
  /** What doesn't work with the server, as the agent found it last. */
  readonly problems: readonly Problem[];
}

export interface Problem {
  /** `check-in`, `secrets`, `report` or `clock`. */
  readonly task: string;
  /** For programs: the reason of a rejection, or the code of another error. */
  readonly reason: string;
  readonly since: string;
  readonly message: string;
  readonly advice: string | null;
}

/** @throws AgentError `bad_identity`, FilesError */
export async function readStatus(paths: AgentPaths): Promise<AgentStatus> {
  const identity = await readIdentity(paths);
  const { envoyId, hostName, serverAddress } = identity ?? {};
  const held = identity && (await readHeldPolicy(paths.policy, await policyTrust(identity)).catch(ignoreBadState));
  return {
    enrolled: identity !== undefined,
    envoy_id: envoyId ?? null,
    host_name: hostName ?? null,
    server: serverAddress ?? null,
    certificate_ends: identity === undefined ? null : await certificateEnd(paths),
    policy_version: held?.head.policyVersion ?? null,
    secrets_epoch: held?.head.secretsEpoch ?? null,
    policy_issued: held === undefined ? null : new Date(held.head.issuedAtMs).toISOString(),
    problems: (await readTroubles(paths.contact)).map(({ since_ms, task, reason, message, advice }) => {
      return { task, reason, since: new Date(since_ms).toISOString(), message, advice };
    }),
  };
}

async function certificateEnd(paths: AgentPaths): Promise<string | null> {
  try {
    const { certificatePem } = await readTlsFiles(paths);
    return new Date(new X509Certificate(certificatePem).validTo).toISOString();
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return null;
    throw cause;
  }
}

/** The next run asks the server for another one. */
function ignoreBadState(cause: unknown): undefined {
  if (!(cause instanceof AgentError && cause.code === 'bad_state')) throw cause;
}
