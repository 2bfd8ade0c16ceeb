import t from 'tap';
import { toBase64Url, toHex } from '../../lib/base/index.js';
import { enrollmentTranscript, parseEnrollmentAnswer, parseEnrollmentRequest } from '../../lib/wire/index.js';

const malformed = { name: 'WireError', code: 'malformed' };
const base64Url = (bytes: number) => toBase64Url(new Uint8Array(bytes).fill(7));

const REQUEST = {
  token: 'vget_abc',
  host_name: 'web-1.example.org',
  ed25519_public_key: base64Url(32),
  tls_public_key: base64Url(91),
  ed25519_proof: base64Url(64),
  tls_proof: base64Url(71),
};
const ANSWER = {
  envoy_id: '3f2a8a52-6c1e-4d7b-9f00-0123456789ab',
  host_name: 'web-1.example.org',
  trust_domain: 'vigo-1',
  certificate: '-----BEGIN CERTIFICATE-----',
  policy_public_key: base64Url(32),
  trust_number: 0,
  trust_head: base64Url(32),
  grpc_port: 1530,
};

t.test('a request and an answer that are whole', async (t) => {
  t.same(parseEnrollmentRequest(REQUEST), REQUEST);
  t.same(parseEnrollmentAnswer(ANSWER), ANSWER);
  for (const bytes of [68, 70, 72])
    t.doesNotThrow(() => parseEnrollmentRequest({ ...REQUEST, tls_proof: base64Url(bytes) }));
});

t.test('a request of another shape', async (t) => {
  for (const [what, json] of [
    ['nothing', undefined],
    ['a list', [REQUEST]],
    ['an unknown member', { ...REQUEST, uuid: ANSWER.envoy_id }],
    ['no token', { ...REQUEST, token: undefined }],
    ['a number for a token', { ...REQUEST, token: 1 }],
    ['a token without end', { ...REQUEST, token: 'x'.repeat(201) }],
    ['a host name without end', { ...REQUEST, host_name: 'x'.repeat(254) }],
    ['a short key', { ...REQUEST, ed25519_public_key: base64Url(31) }],
    ['an RSA key', { ...REQUEST, tls_public_key: base64Url(294) }],
    ['base64 of the other alphabet', { ...REQUEST, ed25519_proof: '+'.repeat(86) }],
    ['a line behind the key', { ...REQUEST, ed25519_public_key: `${base64Url(32)}\n` }],
    ['a proof without end', { ...REQUEST, tls_proof: base64Url(200) }],
  ] as const) {
    t.throws(() => parseEnrollmentRequest(json), malformed, what);
  }
});

t.test('an answer of another shape', async (t) => {
  for (const [what, json] of [
    ['an unknown member', { ...ANSWER, ca: '' }],
    ['no certificate', { ...ANSWER, certificate: undefined }],
    ['a short key', { ...ANSWER, policy_public_key: base64Url(31) }],
    ['less than no statement', { ...ANSWER, trust_number: -1 }],
    ['a short hash', { ...ANSWER, trust_head: base64Url(31) }],
    ['port 0', { ...ANSWER, grpc_port: 0 }],
    ['port 65536', { ...ANSWER, grpc_port: 65_536 }],
    ['a port in words', { ...ANSWER, grpc_port: '1530' }],
  ] as const) {
    t.throws(() => parseEnrollmentAnswer(json), malformed, what);
  }
});

t.test('the transcript covers everything that the enrollment is about', async (t) => {
  const bytes = (value: number, length = 32) => new Uint8Array(length).fill(value);
  const input = {
    tokenSecret: bytes(1),
    caHash: bytes(2),
    hostName: 'web-1',
    ed25519PublicKey: bytes(3),
    tlsPublicKey: bytes(4, 91),
  };
  const changes = [
    {},
    { tokenSecret: bytes(9) },
    { caHash: bytes(9) },
    { hostName: 'web-2' },
    { ed25519PublicKey: bytes(9) },
    { tlsPublicKey: bytes(9, 91) },
  ];
  const transcripts = changes.map((change) => toHex(enrollmentTranscript({ ...input, ...change })));
  t.equal(new Set(transcripts).size, changes.length);
});
