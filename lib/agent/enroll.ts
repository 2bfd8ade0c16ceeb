import { sign, X509Certificate } from 'node:crypto';
import { fromBase64Url, type HostName, parseEnvoyId, toBase64Url } from '../base/index.js';
import { ensureDir } from '../files/index.js';
import { type EnrollmentToken, parseToken, pinnedCertificate } from '../identity/index.js';
import { formatHostPort } from '../rpc/index.js';
import {
  CA_PATH,
  ENROLL_PATH,
  type EnrollmentAnswer,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentAnswer,
} from '../wire/index.js';
import { type EnrollmentKeys, openEnrollmentKeys } from './enrollment-keys.js';
import { AgentError } from './errors.js';
import { exchange, type Reply } from './https-exchange.js';
import { type AgentIdentity, readIdentity, storeIdentity } from './identity-files.js';
import type { AgentPaths } from './paths.js';

export interface EnrollmentOrder {
  /** `https://host:port` of the server. */
  readonly server: string;
  readonly token: string;
  readonly hostName: HostName;
}

/**
 * Makes this machine an envoy. Safe to repeat: until the answer is stored, the same keys ask for the same envoy.
 * @throws AgentError `already_enrolled`, `unreachable`, `untrusted`, `refused`, `bad_answer`, `usage`;
 *   IdentityError `bad_token`, `wrong_ca`; FilesError
 */
export async function enroll(order: EnrollmentOrder, paths: AgentPaths): Promise<AgentIdentity> {
  const server = parseServerUrl(order.server);
  const token = parseToken(order.token);
  await demandNotEnrolled(paths);
  await ensureDir(paths.configDir, 0o700);
  const keys = await openEnrollmentKeys(paths);
  try {
    const caPem = await fetchCa(server, token);
    const request = requestFor(order, token, keys);
    const url = new URL(ENROLL_PATH, server);
    const answer = readReply(await exchange({ method: 'POST', url, trust: { caPem }, body: JSON.stringify(request) }));
    demandOwnCertificate(answer, caPem, order.hostName, keys);
    const identity = identityOf(answer, order.hostName, server);
    await storeIdentity(paths, identity, { caPem, certificatePem: answer.certificate });
    return identity;
  } finally {
    token.secret.dispose();
    keys.signer.dispose();
  }
}

/**
 * The first of two connections: it trusts nobody and sends nothing secret. What it brings is trusted only because the
 * token holds its hash; all else that this connection says is forgotten (T4).
 */
async function fetchCa(server: URL, token: EnrollmentToken): Promise<string> {
  const reply = await exchange({ method: 'GET', url: new URL(CA_PATH, server), trust: { unverified: true } });
  if (reply.status !== 200) throw unexpected(reply);
  return pinnedCertificate(reply.text, token.caHash);
}

function requestFor({ token: text, hostName }: EnrollmentOrder, token: EnrollmentToken, keys: EnrollmentKeys) {
  const transcript = enrollmentTranscript({
    tokenSecret: token.secret.expose(),
    caHash: token.caHash,
    hostName,
    ed25519PublicKey: keys.signer.publicKey,
    tlsPublicKey: keys.tlsPublicKey,
  });
  const request: EnrollmentRequest = {
    token: text,
    host_name: hostName,
    ed25519_public_key: toBase64Url(keys.signer.publicKey),
    tls_public_key: toBase64Url(keys.tlsPublicKey),
    ed25519_proof: toBase64Url(keys.signer.sign(transcript)),
    tls_proof: toBase64Url(sign('sha256', transcript, { key: keys.tlsKey, dsaEncoding: 'der' })),
  };
  return request;
}

function readReply(reply: Reply): EnrollmentAnswer {
  const json = parseJson(reply.text);
  if (reply.status === 200) return parseEnrollmentAnswer(json);
  const { message, hint } = errorIn(json);
  if (message === undefined) throw unexpected(reply);
  if (reply.status >= 500) throw new AgentError('unreachable', `the server can't enroll now: ${message}`, { hint });
  throw new AgentError('refused', `the server refuses to enroll this machine: ${message}`, {
    hint: hint ?? 'a token is good once and for an hour: make a new one with vigocli envoys token',
  });
}

/** The server must have certified what was asked: this key, this name, under the CA that was pinned. */
function demandOwnCertificate(answer: EnrollmentAnswer, caPem: string, hostName: HostName, keys: EnrollmentKeys): void {
  const certificate = attempt(() => new X509Certificate(answer.certificate));
  const ca = new X509Certificate(caPem);
  const uri = `URI:spiffe://${answer.trust_domain}/envoy/${answer.envoy_id}`;
  const isOurs =
    certificate.checkPrivateKey(keys.tlsKey) &&
    certificate.checkIssued(ca) &&
    certificate.verify(ca.publicKey) &&
    certificate.subjectAltName === uri &&
    answer.host_name === hostName;
  if (!isOurs) throw new AgentError('bad_answer', 'the server certified something else than what it was asked');
}

function identityOf(answer: EnrollmentAnswer, hostName: HostName, server: URL): AgentIdentity {
  const serverName = server.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    envoyId: attempt(() => parseEnvoyId(answer.envoy_id)),
    hostName,
    trustDomain: answer.trust_domain,
    serverAddress: formatHostPort({ host: serverName, port: answer.grpc_port }),
    serverName,
    policyPublicKey: attempt(() => fromBase64Url(answer.policy_public_key)),
  };
}

async function demandNotEnrolled(paths: AgentPaths): Promise<void> {
  const identity = await readIdentity(paths);
  if (identity === undefined) return;
  throw new AgentError('already_enrolled', `this machine is already enrolled as ${identity.envoyId}`, {
    hint: `to enroll it as a new envoy, remove ${paths.configDir} first`,
  });
}

function parseServerUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain = url?.protocol === 'https:' && url.pathname === '/' && url.username + url.search + url.hash === '';
  if (url === undefined || !isPlain) {
    throw new AgentError('usage', `${JSON.stringify(text.slice(0, 300))} is not the address of a server`, {
      hint: 'like https://vigo.example.org:8443',
    });
  }
  return url;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The server's own words for a refusal, made fit for a terminal. */
function errorIn(json: unknown): { message: string | undefined; hint: string | undefined } {
  const error = (json as { error?: { message?: unknown; hint?: unknown } } | undefined)?.error;
  const line = (text: unknown) => (typeof text === 'string' ? text.replace(/\p{Cc}+/gu, ' ').slice(0, 300) : undefined);
  return { message: line(error?.message), hint: line(error?.hint) };
}

function unexpected({ status }: Reply): AgentError {
  return new AgentError('bad_answer', `the server answers with HTTP ${status}`, {
    hint: 'is this the HTTPS address of a vigosrv, usually with port 8443?',
  });
}

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new AgentError('bad_answer', "the server's answer can't be read", { cause });
  }
}
