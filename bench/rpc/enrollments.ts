import { exchange } from '../../lib/agent/contact/https-exchange.js';
import { generateTlsKey, prove, type TlsKey } from '../../lib/agent/identity/tls-key.js';
import { fromBase64Url, type HostName, parseEnvoyId, parseHostName, toBase64Url } from '../../lib/base/index.js';
import type { ApiClient } from '../../lib/cli/remote/api-client.js';
import { type Ed25519Signer, loadEd25519 } from '../../lib/crypto/index.js';
import { parseToken, pinnedCertificate } from '../../lib/identity/index.js';
import {
  CA_PATH,
  ENROLL_PATH,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentAnswer,
  signingKeyId,
} from '../../lib/wire/index.js';
import type { Identity } from './envoy.js';

const HOUR_MS = 3_600_000;

/** A machine with its keys, its token and its proofs: all that is left to do is to ask. */
export interface Machine {
  readonly signer: Ed25519Signer;
  readonly tlsKey: TlsKey;
  readonly request: EnrollmentRequest;
}

export async function prepareMachine(api: ApiClient, name: string): Promise<Machine> {
  const { token } = await api.post<{ token: string }>('/enrollment-tokens', { ttl_ms: HOUR_MS, match: name });
  const { secret, caHash } = parseToken(token);
  const hostName: HostName = parseHostName(name);
  const signer = (await loadEd25519()).generateSigner();
  const tlsKey = generateTlsKey();
  const transcript = enrollmentTranscript({
    tokenSecret: secret.expose(),
    caHash,
    hostName,
    ed25519PublicKey: signer.publicKey,
    tlsPublicKey: tlsKey.publicKey,
  });
  const request = {
    token,
    host_name: hostName,
    ed25519_public_key: toBase64Url(signer.publicKey),
    tls_public_key: toBase64Url(tlsKey.publicKey),
    ed25519_proof: toBase64Url(signer.sign(transcript)),
    tls_proof: toBase64Url(prove(tlsKey, transcript)),
  };
  return { signer, tlsKey, request };
}

/** As the agent does it: one connection for the CA, another one, verified, to enroll. */
export async function enroll(url: string, { signer, tlsKey, request }: Machine): Promise<Identity> {
  const caReply = await exchange({ method: 'GET', url: new URL(CA_PATH, url), trust: { unverified: true } });
  const caPem = pinnedCertificate(caReply.text, parseToken(request.token).caHash);
  const body = JSON.stringify(request);
  const reply = await exchange({ method: 'POST', url: new URL(ENROLL_PATH, url), trust: { caPem }, body });
  if (reply.status !== 200) throw new Error(`status ${reply.status}: ${reply.text}`);
  const answer = parseEnrollmentAnswer(JSON.parse(reply.text));
  const publicKey = fromBase64Url(answer.policy_public_key);
  return {
    envoyId: parseEnvoyId(answer.envoy_id),
    signer,
    tlsKey: tlsKey.privateKey,
    certificatePem: answer.certificate,
    caPem,
    pinned: { publicKey, keyId: await signingKeyId(publicKey) },
  };
}

/** The same exchanges with a server that only answers. */
export async function ask(url: string, caPem: string, body: string): Promise<void> {
  await exchange({ method: 'GET', url: new URL(CA_PATH, url), trust: { unverified: true } });
  const reply = await exchange({ method: 'POST', url: new URL(ENROLL_PATH, url), trust: { caPem }, body });
  if (reply.status !== 200) throw new Error(`status ${reply.status}`);
}
