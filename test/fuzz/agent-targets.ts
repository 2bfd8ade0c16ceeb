import { X509Certificate } from 'node:crypto';
import { Metadata, status } from '@grpc/grpc-js';
import { errorOf as errorOfReply, jsonOf } from '../../lib/agent/contact/server-reply.js';
import { ownCertificate } from '../../lib/agent/identity/own-certificate.js';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { fromHex, parseKeyName, Secret, systemClock, toBase64Url, utf8 } from '../../lib/base/index.js';
import { loadSha256 } from '../../lib/crypto/index.js';
import { pinnedCertificate } from '../../lib/identity/index.js';
import { certificateHash, issueEnvoyCertificate } from '../../lib/pki/index.js';
import { encodeBody, hashBody, parseBody, refsOf, watchersOf } from '../../lib/policy/index.js';
import { errorOf } from '../../lib/rpc/status.js';
import {
  authorityPem,
  chainFromJson,
  chainToJson,
  decodeCheckInAnswer,
  decodeRejection,
  decodeSealedAnswer,
  encodeCheckInAnswer,
  encodeRejection,
  encodeSealedAnswer,
  NO_HEAD,
  openHead,
  parseEnrollmentAnswer,
  parseRenewalAnswer,
  REJECTION_TRAILER,
  Rejection,
  readStatement,
  rejectionFromJson,
  rejectionToJson,
  signHead,
  signStatement,
} from '../../lib/wire/index.js';
import { decodeSecretBatch, encodeSecretBatch } from '../../lib/wire/messages/secret-batch.js';
import { ENVOY_ID, makeCa, makeServer, TRUST_DOMAIN } from '../pki/test-pki.js';
import { ed25519, pinned, policySigner } from '../wire/test-wire.js';
import { jsonBytes, MALFORMED, type Target, throughJson } from './target.js';

const sha256 = await loadSha256();
const ca = makeCa();
const tlsKey = generateTlsKey();
const own = issueEnvoyCertificate({
  ca,
  envoyId: ENVOY_ID,
  trustDomain: TRUST_DOMAIN,
  publicKey: tlsKey.publicKey,
  ttlMs: 86_400_000,
  clock: systemClock,
}).certificatePem;

const body = encodeBody({
  v: 1,
  configcrates: [
    {
      name: 'shop',
      vars: { port: 80, names: ['a', 'b'], password: '__VIGO_SECRET__shop/password__END_VIGO_SECRET__' },
      resources: [{ type: 'directory', name: 'it', ensure: 'present', path: '/srv/shop', mode: '0755' }],
    },
  ],
});
const head = await signHead(
  {
    envoyId: ENVOY_ID,
    policyVersion: 1_770_000_000_000,
    bodyHash: hashBody(body, sha256),
    secretsEpoch: 1_770_000_000_001,
    issuedAtMs: 1_770_000_000_002,
    watchMarks: new Uint8Array(32).fill(4),
  },
  policySigner,
);
const batch = encodeSecretBatch([
  { key: parseKeyName('shop/password'), version: 2, value: new Secret(utf8('hunter2')) },
  { key: parseKeyName('shop/salt'), version: 1, value: new Secret(new Uint8Array(3)) },
]);
const rejection = new Rejection('replay', 'x', { highestSequence: 77 });
const answer = {
  serverTimeMs: 1_770_000_000_000,
  intervalMs: 60_000,
  generation: { generation: new Uint8Array(40).fill(1), signature: new Uint8Array(64).fill(2) },
  trustNumber: 3,
};

const trust = await signStatement(
  {
    trustDomain: TRUST_DOMAIN,
    number: 1,
    previous: NO_HEAD,
    policyKey: pinned.publicKey,
    checkpointKey: new Uint8Array(32).fill(5),
    authorities: [new X509Certificate(ca.certificatePem).raw],
    issuedAtMs: 1_770_000_000_000,
  },
  policySigner,
  policySigner,
);

/** What the agent reads of a server that may be anybody's. */
export const agentTargets: readonly Target[] = [
  {
    name: 'check-in-answer',
    seeds: [
      encodeCheckInAnswer({ ...answer, bundle: { head, body } }),
      encodeCheckInAnswer({ ...answer, bundle: undefined }),
    ],
    read: (bytes) => encodeCheckInAnswer(decodeCheckInAnswer(bytes)),
    errors: MALFORMED,
  },
  {
    name: 'policy-head',
    seeds: [head.head],
    // Signed as it is, so that it is read: by a server whose key was stolen, or whose version is another one.
    read: async (bytes) => {
      const opened = await openHead({ head: bytes, signature: policySigner.sign(bytes) }, pinned, ENVOY_ID);
      return opened.watchMarks.length % 16 === 0 ? undefined : new Uint8Array();
    },
    errors: [...MALFORMED, 'WireError forged'],
  },
  {
    name: 'policy-body',
    seeds: [body],
    read: (bytes) => {
      const parsed = parseBody(bytes);
      refsOf(parsed);
      watchersOf(parsed);
      return encodeBody(parsed);
    },
    errors: ['PolicyError invalid_body'],
  },
  {
    name: 'sealed-answer',
    seeds: [
      encodeSealedAnswer({
        keyId: new Uint8Array(8),
        secretsEpoch: 9,
        kemCiphertext: new Uint8Array(1120).fill(1),
        sealed: new Uint8Array(60).fill(2),
        signature: ed25519.generateSigner().sign(new Uint8Array()),
      }),
    ],
    read: (bytes) => encodeSealedAnswer(decodeSealedAnswer(bytes)),
    errors: MALFORMED,
  },
  {
    name: 'secret-batch',
    seeds: [batch],
    read: (bytes) => encodeSecretBatch(decodeSecretBatch(bytes)),
    errors: MALFORMED,
  },
  {
    name: 'rejection',
    seeds: [
      encodeRejection(rejection),
      encodeRejection(new Rejection('instance', 'x', { instance: new Uint8Array(16) })),
    ],
    read: (bytes) => encodeRejection(decodeRejection(bytes, 'x')),
    errors: MALFORMED,
  },
  {
    name: 'rejection-trailer',
    seeds: [encodeRejection(rejection)],
    read: (bytes) => {
      const metadata = new Metadata();
      metadata.set(REJECTION_TRAILER, bytes);
      // It gives an error and never throws one.
      errorOf({ code: status.UNAUTHENTICATED, details: bytes.toString('latin1'), metadata }, 'the server');
      return undefined;
    },
    errors: [],
  },
  {
    name: 'rejection-json',
    seeds: [jsonBytes({ error: rejectionToJson(rejection) })],
    read: (bytes) => {
      const reply = { status: 401, text: bytes.toString('utf8') };
      const { raw, message, hint } = errorOfReply(reply);
      rejectionFromJson(raw, { message, hint });
      return undefined;
    },
    errors: ['AgentError bad_answer'],
  },
  {
    name: 'enrollment-answer',
    seeds: [
      jsonBytes({
        envoy_id: ENVOY_ID,
        host_name: 'web-1',
        trust_domain: TRUST_DOMAIN,
        certificate: own,
        policy_public_key: toBase64Url(pinned.publicKey),
        trust_number: 0,
        trust_head: toBase64Url(NO_HEAD),
        grpc_port: 1530,
      }),
    ],
    read: throughJson(parseEnrollmentAnswer),
    errors: MALFORMED,
  },
  {
    name: 'renewal-answer',
    seeds: [jsonBytes({ certificate: own })],
    read: (bytes) => void parseRenewalAnswer(jsonOf({ status: 200, text: bytes.toString('utf8') })),
    errors: MALFORMED,
  },
  {
    name: 'trust-statement',
    seeds: [trust.statement],
    read: (bytes) => {
      for (const der of readStatement(bytes).authorities) authorityPem(der);
      return undefined;
    },
    errors: MALFORMED,
  },
  {
    name: 'trust-chain',
    seeds: [jsonBytes(chainToJson([trust]))],
    read: throughJson(chainFromJson),
    errors: MALFORMED,
  },
  {
    name: 'ca-certificate',
    seeds: [utf8(ca.certificatePem), utf8(ca.certificatePem + makeServer(ca).certificatePem)],
    read: (bytes) => {
      const pinnedPem = pinnedCertificate(bytes.toString('latin1'), certificateHash(ca.certificatePem));
      // Whatever stood around it, this is all that is trusted.
      return pinnedPem === ca.certificatePem ? undefined : fromHex('00');
    },
    errors: ['IdentityError wrong_ca'],
  },
  {
    name: 'own-certificate',
    seeds: [utf8(own)],
    read: (bytes) => {
      const name = { trustDomain: TRUST_DOMAIN, envoyId: ENVOY_ID, caPem: ca.certificatePem };
      return ownCertificate(bytes.toString('latin1'), tlsKey, name) === own ? undefined : fromHex('00');
    },
    errors: ['AgentError bad_answer'],
  },
];
