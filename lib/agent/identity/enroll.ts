import { formatHostPort, fromBase64Url, type HostName, parseEnvoyId, toBase64Url } from '../../base/index.js';
import type { Ed25519Signer } from '../../crypto/index.js';
import { acquireProcessLock, ensureDir } from '../../files/index.js';
import { type EnrollmentToken, parseToken, pinnedCertificate } from '../../identity/index.js';
import {
  CA_PATH,
  ENROLL_PATH,
  type EnrollmentAnswer,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentAnswer,
} from '../../wire/index.js';
import { exchange, type Reply } from '../contact/https-exchange.js';
import { errorOf, jsonOf, unexpected } from '../contact/server-reply.js';
import { AgentError } from '../errors.js';
import { type AgentIdentity, readIdentity, storeIdentity } from '../held/identity-files.js';
import type { AgentPaths } from '../held/paths.js';
import { openSigner } from '../held/signing-seed.js';
import { ownCertificate } from './own-certificate.js';
import { generateTlsKey, prove, type TlsKey } from './tls-key.js';

export interface EnrollmentOrder {
  /** `https://host:port` of the server. */
  readonly server: string;
  readonly token: string;
  readonly hostName: HostName;
  /** Whether this machine is enrolled already, and comes back as the same envoy, with the same Ed25519 key. */
  readonly again?: boolean | undefined;
}

/**
 * Makes this machine an envoy. Safe to repeat: until the answer is stored, the same key asks for the same envoy.
 * @throws AgentError `already_enrolled`, `not_enrolled`, `unreachable`, `untrusted`, `refused`, `bad_answer`, `usage`;
 *   IdentityError `bad_token`, `wrong_ca`; FilesError, `held` where an agent runs that would be enrolled again
 */
export async function enroll(order: EnrollmentOrder, paths: AgentPaths): Promise<AgentIdentity> {
  const server = parseServerUrl(order.server);
  const token = parseToken(order.token);
  await demandEnrolled(paths, order.again ?? false);
  await ensureDir(paths.configDir, 0o700);
  await ensureDir(paths.stateDir, 0o700);
  const lock = await acquireProcessLock(paths.runLock);
  const signer = await openSigner(paths).catch(async (cause) => {
    await lock.release();
    throw cause;
  });
  try {
    const tlsKey = generateTlsKey();
    const caPem = await fetchCa(server, token);
    const request = requestFor(order, token, signer, tlsKey);
    const url = new URL(ENROLL_PATH, server);
    const answer = readReply(await exchange({ method: 'POST', url, trust: { caPem }, body: JSON.stringify(request) }));
    const { certificate, trust_domain: trustDomain, envoy_id: envoyId } = answer;
    const certificatePem = ownCertificate(certificate, tlsKey, { trustDomain, envoyId, caPem });
    const identity = identityOf(answer, order.hostName, server);
    await storeIdentity(paths, identity, { caPem, certificatePem, key: tlsKey.privateKey });
    return identity;
  } finally {
    token.secret.dispose();
    signer.dispose();
    await lock.release();
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

function requestFor(
  { token: text, hostName }: EnrollmentOrder,
  token: EnrollmentToken,
  signer: Ed25519Signer,
  tlsKey: TlsKey,
): EnrollmentRequest {
  const transcript = enrollmentTranscript({
    tokenSecret: token.secret.expose(),
    caHash: token.caHash,
    hostName,
    ed25519PublicKey: signer.publicKey,
    tlsPublicKey: tlsKey.publicKey,
  });
  return {
    token: text,
    host_name: hostName,
    ed25519_public_key: toBase64Url(signer.publicKey),
    tls_public_key: toBase64Url(tlsKey.publicKey),
    ed25519_proof: toBase64Url(signer.sign(transcript)),
    tls_proof: toBase64Url(prove(tlsKey, transcript)),
  };
}

function readReply(reply: Reply): EnrollmentAnswer {
  if (reply.status === 200) return parseEnrollmentAnswer(jsonOf(reply));
  const { message, hint } = errorOf(reply);
  if (reply.status >= 500) throw new AgentError('unreachable', `the server can't enroll now: ${message}`, { hint });
  throw new AgentError('refused', `the server refuses to enroll this machine: ${message}`, {
    hint: hint ?? 'a token is good once and for an hour: make a new one with vigocli envoys token',
  });
}

function identityOf(answer: EnrollmentAnswer, hostName: HostName, server: URL): AgentIdentity {
  if (answer.host_name !== hostName) throw new AgentError('bad_answer', 'the server enrolled another host name');
  const serverName = server.hostname.replace(/^\[(.*)\]$/, '$1');
  return {
    envoyId: attempt(() => parseEnvoyId(answer.envoy_id)),
    hostName,
    trustDomain: answer.trust_domain,
    serverAddress: formatHostPort({ host: serverName, port: answer.grpc_port }),
    serverName,
    httpsAddress: formatHostPort({ host: serverName, port: Number(server.port) || 443 }),
    policyPublicKey: attempt(() => fromBase64Url(answer.policy_public_key)),
    trustNumber: answer.trust_number,
    trustHead: attempt(() => fromBase64Url(answer.trust_head)),
  };
}

async function demandEnrolled(paths: AgentPaths, expected: boolean): Promise<void> {
  const identity = await readIdentity(paths);
  if ((identity !== undefined) === expected) return;
  if (identity === undefined) {
    throw new AgentError('not_enrolled', `this machine is not enrolled: there is no ${paths.identity}`, {
      hint: 'leave out --again',
    });
  }
  throw new AgentError('already_enrolled', `this machine is already enrolled as ${identity.envoyId}`, {
    hint: `--again lets it come back as the same envoy; to enroll it as a new one, remove ${paths.configDir} first`,
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

function attempt<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new AgentError('bad_answer', "the server's answer can't be read", { cause });
  }
}
