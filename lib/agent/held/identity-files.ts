import { type KeyObject, X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import {
  BaseError,
  concatBytes,
  type EnvoyId,
  fromBase64Url,
  fromUtf8,
  type HostName,
  parseEnvoyId,
  parseHostName,
  privateKeyPem,
  readPrivateKeyPem,
  splitPem,
  toBase64Url,
  utf8,
  VigoError,
} from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../../files/index.js';
import { AgentError } from '../errors.js';
import type { AgentPaths } from './paths.js';

const MAX_FILE_BYTES = 64 * 1024;
const PRIVATE = { mode: 0o600 };
const KEY_BEGINS = '-----BEGIN PRIVATE KEY-----\n';

/** Who this machine is, and the server that it belongs to: pinned at enrollment. */
export interface AgentIdentity {
  readonly envoyId: EnvoyId;
  readonly hostName: HostName;
  readonly trustDomain: string;
  /** `host:port` of the server's gRPC listener. */
  readonly serverAddress: string;
  /** `host:port` of the server's HTTPS listener, where certificates are renewed. */
  readonly httpsAddress: string;
  /** The name that the server's certificate must hold. */
  readonly serverName: string;
  /** Ed25519, 32 bytes: signs policy heads and sealed answers. */
  readonly policyPublicKey: Uint8Array;
  /** The one that it succeeded, where it isn't the first. */
  readonly previousPolicyKey?: Uint8Array | undefined;
  /** How far the chain of trust was followed that leads to this key, and the hash of its last statement. */
  readonly trustNumber: number;
  readonly trustHead: Uint8Array;
}

/** What an identity needs beside it to open a connection. */
export interface TlsFiles {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly key: KeyObject;
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  envoy_id: z.string(),
  host_name: z.string(),
  trust_domain: z.string(),
  server_address: z.string(),
  https_address: z.string(),
  server_name: z.string(),
  policy_public_key: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
  previous_policy_key: z.optional(z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/))),
  trust_number: z.int().check(z.nonnegative()),
  trust_head: z.string().check(z.regex(/^[A-Za-z0-9_-]{43}$/)),
});

/**
 * @returns undefined where this machine isn't enrolled.
 * @throws AgentError `bad_identity`, FilesError
 */
export async function readIdentity(paths: AgentPaths): Promise<AgentIdentity | undefined> {
  const bytes = await readFileLimited(paths.identity, MAX_FILE_BYTES, { private: true }).catch((cause) => {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    throw cause;
  });
  return bytes && parseIdentity(paths.identity, bytes);
}

/** @throws AgentError `not_enrolled`, `bad_identity`, FilesError */
export async function requireIdentity(paths: AgentPaths): Promise<AgentIdentity> {
  const identity = await readIdentity(paths);
  if (identity !== undefined) return identity;
  throw new AgentError('not_enrolled', `this machine is not enrolled: there is no ${paths.identity}`, {
    hint: 'vigo enroll --server https://<host>:8443 --token-file <path>',
  });
}

/** @throws AgentError `bad_identity`, FilesError */
export async function readTlsFiles(paths: AgentPaths): Promise<TlsFiles> {
  const read = (path: string) => readFileLimited(path, MAX_FILE_BYTES, { private: true });
  const caPem = certificatesIn(paths.ca, await read(paths.ca));
  const file = await read(paths.tls);
  try {
    // The certificate comes first. What follows never becomes a string.
    const end = Buffer.from(file.buffer, file.byteOffset, file.length).indexOf(KEY_BEGINS);
    if (end <= 0) throw notWritten(paths.tls, undefined, ANEW);
    const certificatePem = certificatesIn(paths.tls, file.subarray(0, end));
    return { caPem, certificatePem, key: readPrivateKeyPem(file.subarray(end)) };
  } catch (cause) {
    throw cause instanceof BaseError ? notWritten(paths.tls, cause, ANEW) : cause;
  } finally {
    wipe(file);
  }
}

/** Puts another certificate and its key in the place of those that are there, both at once (N3). */
export async function writeCertificate(paths: AgentPaths, tls: Omit<TlsFiles, 'caPem'>): Promise<void> {
  const keyPem = privateKeyPem(tls.key);
  const file = concatBytes(utf8(tls.certificatePem), keyPem);
  try {
    await writeFileAtomic(paths.tls, file, PRIVATE);
  } finally {
    wipe(keyPem, file);
  }
}

/**
 * Writes down that this machine is enrolled. The identity comes last: a crash before it leaves a machine that isn't
 * enrolled and can ask again with the same key (N3).
 */
export async function storeIdentity(paths: AgentPaths, identity: AgentIdentity, tls: TlsFiles): Promise<void> {
  await writeCertificate(paths, tls);
  await storeTrust(paths, identity, tls.caPem);
}

/**
 * Writes down whom this machine trusts: the CAs, and then the identity, which says how far the chain was followed. A
 * crash in between leaves it where it was, and the same statements lead on.
 */
export async function storeTrust(paths: AgentPaths, identity: AgentIdentity, caPem: string): Promise<void> {
  await writeFileAtomic(paths.ca, utf8(caPem), PRIVATE);
  const file: z.infer<typeof fileSchema> = {
    version: 1,
    envoy_id: identity.envoyId,
    host_name: identity.hostName,
    trust_domain: identity.trustDomain,
    server_address: identity.serverAddress,
    https_address: identity.httpsAddress,
    server_name: identity.serverName,
    policy_public_key: toBase64Url(identity.policyPublicKey),
    previous_policy_key: identity.previousPolicyKey && toBase64Url(identity.previousPolicyKey),
    trust_number: identity.trustNumber,
    trust_head: toBase64Url(identity.trustHead),
  };
  await writeFileAtomic(paths.identity, utf8(`${JSON.stringify(file, undefined, 2)}\n`), PRIVATE);
}

function parseIdentity(path: string, bytes: Uint8Array): AgentIdentity {
  try {
    const file = fileSchema.parse(JSON.parse(fromUtf8(bytes)));
    return {
      envoyId: parseEnvoyId(file.envoy_id),
      hostName: parseHostName(file.host_name),
      trustDomain: file.trust_domain,
      serverAddress: file.server_address,
      httpsAddress: file.https_address,
      serverName: file.server_name,
      policyPublicKey: fromBase64Url(file.policy_public_key),
      previousPolicyKey: file.previous_policy_key === undefined ? undefined : fromBase64Url(file.previous_policy_key),
      trustNumber: file.trust_number,
      trustHead: fromBase64Url(file.trust_head),
    };
  } catch (cause) {
    if (!(cause instanceof VigoError || cause instanceof z.core.$ZodError || cause instanceof SyntaxError)) throw cause;
    throw notWritten(path, cause);
  }
}

function certificatesIn(path: string, bytes: Uint8Array): string {
  try {
    new X509Certificate(bytes);
    const pem = fromUtf8(bytes);
    for (const other of splitPem(pem).slice(1)) new X509Certificate(other);
    return pem;
  } catch (cause) {
    throw notWritten(path, cause, ANEW);
  }
}

/** Of what isn't the identity itself. */
const ANEW = 'restore it from a backup, or have it written anew, by a new token: vigo enroll --again keeps this envoy';

function notWritten(
  path: string,
  cause?: unknown,
  hint = 'restore it from a backup, or remove it and enroll as a new envoy',
): AgentError {
  return new AgentError('bad_identity', `${path} is not what enrollment wrote`, { cause, hint });
}
