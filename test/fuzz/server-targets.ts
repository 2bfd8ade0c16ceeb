import { X509Certificate } from 'node:crypto';
import { parseKeyName, systemClock, utf8 } from '../../lib/base/index.js';
import { loadSha256, loadXWing } from '../../lib/crypto/index.js';
import { makeToken, parseToken } from '../../lib/identity/index.js';
import { certificateHash, certificateValidity, parseEnvoyUri, readPublicKey } from '../../lib/pki/index.js';
import {
  decodeCheckIn,
  decodeRenewal,
  decodeResolveSecrets,
  decodeRunReport,
  decodeSignedRequest,
  encodeCheckIn,
  encodeRenewal,
  encodeResolveSecrets,
  encodeRunReport,
  encodeSignedRequest,
  parseEnrollmentRequest,
  renewalFromJson,
  renewalToJson,
} from '../../lib/wire/index.js';
import { makeCa, makeEnvoy } from '../pki/test-pki.js';
import { enrollmentOf, makeMachine } from '../server/kit.js';
import { signedRequest } from '../wire/test-wire.js';
import { jsonBytes, MALFORMED, type Target, throughJson } from './target.js';

const machine = await makeMachine();
const ca = makeCa(systemClock);
const envoy = makeEnvoy(ca);
const token = makeToken((await loadSha256()).digest(utf8('a CA')));
const request = encodeSignedRequest(signedRequest());

const checkIn = encodeCheckIn({
  heldHead: new Uint8Array(32).fill(1),
  heldBody: new Uint8Array(32).fill(2),
  traits: new Map([
    ['arch', 'x64'],
    ['os', 'Linux'],
  ]),
  agentVersion: '0.1.0',
  generation: new Uint8Array(40).fill(3),
  newerHead: { head: new Uint8Array(100).fill(4), signature: new Uint8Array(64).fill(5) },
});

const resolve = encodeResolveSecrets({
  policyVersion: 1_770_000_000_000,
  refs: [
    { key: parseKeyName('a/b'), heldVersion: undefined },
    { key: parseKeyName('a/c'), heldVersion: 3 },
  ],
  kemPublicKey: (await loadXWing()).generateKeyPair().publicKey,
  generation: new Uint8Array(40).fill(3),
});

const report = encodeRunReport({
  runId: '3f2a8a52-6c1e-4d7b-9f00-0123456789ab',
  startedAtMs: 1_770_000_000_000,
  finishedAtMs: 1_770_000_001_000,
  policyVersion: 7,
  secretsEpoch: 8,
  results: [
    { configcrate: 'shop', resource: 'x', type: 'file', outcome: 'changed', message: 'done', durationMs: 3 },
    { configcrate: 'shop', resource: 'y', type: 'exec', outcome: 'failed', message: 'no', durationMs: 0 },
  ],
  failure: undefined,
});

/** What the server reads: before it knows who speaks, and of those who may speak. */
export const serverTargets: readonly Target[] = [
  {
    name: 'signed-request',
    seeds: [request],
    read: (bytes) => encodeSignedRequest(decodeSignedRequest('CheckIn', bytes)),
    errors: [...MALFORMED, 'WireError too_large'],
  },
  { name: 'check-in', seeds: [checkIn], read: (bytes) => encodeCheckIn(decodeCheckIn(bytes)), errors: MALFORMED },
  {
    name: 'resolve-secrets',
    seeds: [resolve],
    read: (bytes) => encodeResolveSecrets(decodeResolveSecrets(bytes)),
    errors: MALFORMED,
  },
  { name: 'run-report', seeds: [report], read: (bytes) => encodeRunReport(decodeRunReport(bytes)), errors: MALFORMED },
  {
    name: 'renewal',
    seeds: [encodeRenewal({ tlsPublicKey: machine.tlsPublicKey, tlsProof: new Uint8Array(70) })],
    read: (bytes) => encodeRenewal(decodeRenewal(bytes)),
    errors: MALFORMED,
  },
  {
    name: 'renewal-json',
    seeds: [utf8(renewalToJson(request))],
    read: throughJson(renewalFromJson),
    errors: MALFORMED,
  },
  {
    name: 'enrollment-json',
    seeds: [jsonBytes(enrollmentOf(machine, token.text))],
    read: throughJson(parseEnrollmentRequest),
    errors: MALFORMED,
  },
  {
    name: 'token',
    seeds: [utf8(token.text)],
    read: (bytes) => {
      const text = bytes.toString('utf8');
      const { secret, caHash } = parseToken(text);
      // The text as it was read, which isn't the bytes where they weren't UTF-8.
      const again = `vget_${Buffer.concat([secret.expose(), caHash]).toString('base64url')}`;
      return again === text ? bytes : undefined;
    },
    errors: ['IdentityError bad_token'],
  },
  {
    name: 'tls-public-key',
    seeds: [machine.tlsPublicKey],
    read: (bytes) => readPublicKey(bytes).export({ type: 'spki', format: 'der' }),
    errors: ['PkiError bad_key'],
  },
  {
    name: 'peer-certificate',
    seeds: [new X509Certificate(envoy.certificatePem).raw],
    read: (bytes) => void parseEnvoyUri(bytes),
    errors: [],
  },
  {
    name: 'certificate-file',
    seeds: [utf8(ca.certificatePem), utf8(envoy.certificatePem)],
    read: (bytes) => {
      const pem = bytes.toString('latin1');
      certificateHash(pem);
      certificateValidity(pem);
      return undefined;
    },
    errors: ['PkiError bad_certificate'],
  },
];
