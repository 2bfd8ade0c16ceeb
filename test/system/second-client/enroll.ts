import { createHash, generateKeyPairSync, type KeyObject, sign, X509Certificate } from 'node:crypto';
import { request } from 'node:https';
import { canonical } from './encoding.js';
import type { Position } from './trust.js';

/** What an enrollment leaves behind. */
export interface Identity {
  readonly envoyId: string;
  readonly trustDomain: string;
  /** The key that signs heads and sealed answers, and how far the chain of trust leads to it. */
  readonly trust: Position;
  readonly grpcPort: number;
  /** Ed25519. */
  readonly privateKey: KeyObject;
  /** PEM. */
  readonly ca: string;
  readonly cert: string;
  /** PKCS #8, PEM. */
  readonly key: string;
}

/** An answer over HTTPS. */
export interface Reply {
  readonly status: number;
  readonly text: string;
}

/** "Enrollment", both steps. */
export async function enroll(server: string, token: string, hostName: string): Promise<Identity> {
  const bytes = Buffer.from(token.replace(/^vget_/, ''), 'base64url');
  const [secret, pin] = [bytes.subarray(0, 32), bytes.subarray(32)];
  const fetched = new X509Certificate((await exchange(new URL('/enroll/ca', server), undefined)).text);
  if (!sha256(fetched.raw).equals(pin)) throw new Error('this is not the CA that the token was made for');
  const ca = fetched.toString();

  const ed25519 = generateKeyPairSync('ed25519');
  const tls = makeTlsKey();
  const ed25519Key = rawKey(ed25519.publicKey);
  const transcript = canonical('vigo/enrollment/v1', secret, pin, hostName, ed25519Key, tls.publicKey);
  const reply = await exchange(new URL('/enroll', server), ca, {
    token,
    host_name: hostName,
    ed25519_public_key: ed25519Key.toString('base64url'),
    tls_public_key: tls.publicKey.toString('base64url'),
    ed25519_proof: sign(null, transcript, ed25519.privateKey).toString('base64url'),
    tls_proof: sign('sha256', transcript, tls.privateKey).toString('base64url'),
  });
  if (reply.status !== 200) throw new Error(reply.text);
  const answer = JSON.parse(reply.text);
  demandOwn(answer.certificate, ca, `spiffe://${answer.trust_domain}/envoy/${answer.envoy_id}`, tls.privateKey);
  return {
    envoyId: answer.envoy_id,
    trustDomain: answer.trust_domain,
    trust: {
      number: answer.trust_number,
      head: Buffer.from(answer.trust_head, 'base64url'),
      policyKey: Buffer.from(answer.policy_public_key, 'base64url'),
    },
    grpcPort: answer.grpc_port,
    privateKey: ed25519.privateKey,
    ca,
    cert: answer.certificate,
    key: tls.pem,
  };
}

/** A P-256 key for TLS, with its public half as SubjectPublicKeyInfo. */
export function makeTlsKey() {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return {
    privateKey,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    pem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
}

/** That the certificate is what was asked for. */
export function demandOwn(pem: string, ca: string, name: string, key: KeyObject): void {
  const [certificate, issuer] = [new X509Certificate(pem), new X509Certificate(ca)];
  const isOurs = certificate.verify(issuer.publicKey) && certificate.checkPrivateKey(key);
  if (!isOurs || certificate.subjectAltName !== `URI:${name}`) throw new Error('this is another certificate');
}

/** One HTTPS request on a new connection. @param ca what is trusted; nothing is checked without it */
export function exchange(url: URL, ca: string | undefined, body?: object): Promise<Reply> {
  const options = {
    method: body === undefined ? 'GET' : 'POST',
    agent: false,
    minVersion: 'TLSv1.3',
    ...(ca === undefined ? { rejectUnauthorized: false } : { ca }),
    headers: body === undefined ? {} : { 'content-type': 'application/json' },
  } as const;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, async (incoming) => {
      const chunks: Buffer[] = [];
      for await (const chunk of incoming) chunks.push(chunk);
      resolve({ status: incoming.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
    });
    outgoing.on('error', reject);
    outgoing.end(body && JSON.stringify(body));
  });
}

export function sha256(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

/** The 32 bytes of an Ed25519 public key. */
function rawKey(key: KeyObject): Buffer {
  return Buffer.from(key.export({ format: 'jwk' }).x ?? '', 'base64url');
}
