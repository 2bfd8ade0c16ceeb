import { createPublicKey, verify } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { fromBase64Url, parseEnvoyId, systemClock, toBase64Url } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../lib/crypto/index.js';
import { makeToken, parseToken } from '../../lib/identity/index.js';
import {
  certificateHash,
  generateCa,
  issueEnvoyCertificate,
  issueServerCertificate,
  type KeyedCertificate,
} from '../../lib/pki/index.js';
import {
  CA_PATH,
  type EnrollmentAnswer,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentRequest,
} from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';

const DAY_MS = 86_400_000;
export const TRUST_DOMAIN = 'vigo-test';
export const ENVOY_ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');

export interface Authority {
  readonly ca: KeyedCertificate;
  readonly server: KeyedCertificate;
}

export function makeAuthority(names: readonly string[] = []): Authority {
  const clock = systemClock;
  const ca = generateCa({ commonName: 'test CA', days: 30, clock });
  return { ca, server: issueServerCertificate({ ca, names, days: 10, clock }) };
}

export interface EnrollmentServer {
  readonly url: string;
  readonly token: string;
  readonly policySigner: Ed25519Signer;
  readonly authority: Authority;
  /** The enrollment requests that arrived, in order. */
  readonly requests: EnrollmentRequest[];
  /** Paths that were asked for at all. */
  readonly paths: string[];
  close(): Promise<void>;
}

export interface Behaviour {
  /** What the listener shows; by default what the authority issued. */
  tls?: ServerOptions;
  /** What is served as the CA; by default the authority's. */
  caPem?: string;
  authority?: Authority;
  /** Answers instead of enrolling. */
  reply?: (attempt: number) => { status: number; body: string } | 'break' | undefined;
  /** Changes an answer before it goes out. */
  alter?: (answer: EnrollmentAnswer, authority: Authority) => EnrollmentAnswer;
}

/** A real HTTPS server that enrolls as the protocol says, with real keys, and counts who asked for what. */
export async function startEnrollmentServer(behaviour: Behaviour = {}): Promise<EnrollmentServer> {
  const authority = behaviour.authority ?? makeAuthority();
  const policySigner = (await loadEd25519()).generateSigner();
  const { text: token } = makeToken(certificateHash(authority.ca.certificatePem));
  const requests: EnrollmentRequest[] = [];
  const paths: string[] = [];

  const listener = createServer(
    behaviour.tls ?? { cert: authority.server.certificatePem, key: pemOf(authority.server.key) },
    async (incoming, outgoing) => {
      paths.push(incoming.url ?? '');
      if (incoming.url === CA_PATH) {
        outgoing.end(behaviour.caPem ?? authority.ca.certificatePem);
        return;
      }
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      const request = parseEnrollmentRequest(JSON.parse(Buffer.concat(chunks).toString('utf8')));
      requests.push(request);
      const reply = behaviour.reply?.(requests.length);
      if (reply === 'break') {
        incoming.socket.destroy();
      } else if (reply !== undefined) {
        outgoing.writeHead(reply.status).end(reply.body);
      } else {
        const answer = await enrollmentAnswer(request, authority, policySigner);
        outgoing.end(JSON.stringify(behaviour.alter?.(answer, authority) ?? answer));
      }
    },
  );
  listener.on('tlsClientError', () => {});
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  return {
    url: `https://localhost:${(listener.address() as AddressInfo).port}`,
    token,
    policySigner,
    authority,
    requests,
    paths,
    async close() {
      listener.closeAllConnections();
      listener.close();
      await once(listener, 'close');
    },
  };
}

async function enrollmentAnswer(
  request: EnrollmentRequest,
  { ca }: Authority,
  policySigner: Ed25519Signer,
): Promise<EnrollmentAnswer> {
  const token = parseToken(request.token);
  const ed25519PublicKey = fromBase64Url(request.ed25519_public_key);
  const tlsPublicKey = fromBase64Url(request.tls_public_key);
  const transcript = enrollmentTranscript({
    tokenSecret: token.secret.expose(),
    caHash: token.caHash,
    hostName: request.host_name,
    ed25519PublicKey,
    tlsPublicKey,
  });
  const ed25519 = await loadEd25519();
  const tlsKey = createPublicKey({ key: Buffer.from(tlsPublicKey), format: 'der', type: 'spki' });
  const proven =
    ed25519.verify(fromBase64Url(request.ed25519_proof), transcript, ed25519PublicKey) &&
    verify('sha256', transcript, { key: tlsKey, dsaEncoding: 'der' }, fromBase64Url(request.tls_proof));
  if (!proven) throw new Error('a proof of possession is wrong');
  const certificate = issueEnvoyCertificate({
    ca,
    envoyId: ENVOY_ID,
    trustDomain: TRUST_DOMAIN,
    publicKey: tlsPublicKey,
    ttlMs: 30 * DAY_MS,
    clock: systemClock,
  });
  return {
    envoy_id: ENVOY_ID,
    host_name: request.host_name,
    trust_domain: TRUST_DOMAIN,
    certificate: certificate.certificatePem,
    policy_public_key: toBase64Url(policySigner.publicKey),
    trust_number: 0,
    trust_head: toBase64Url(new Uint8Array(32)),
    grpc_port: 1530,
  };
}
