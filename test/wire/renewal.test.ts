import t from 'tap';
import { encodeCanonical, parseEnvoyId } from '../../lib/base/index.js';
import {
  decodeRenewal,
  encodeRenewal,
  parseRenewalAnswer,
  renewalFromJson,
  renewalProofBytes,
  renewalToJson,
} from '../../lib/wire/index.js';
import { survivesJunk } from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };
const renewal = { tlsPublicKey: new Uint8Array(91).fill(7), tlsProof: new Uint8Array(71).fill(8) };
const WEB = parseEnvoyId('3f2a8a52-6c1e-4d7b-9f00-0123456789ab');
const DB = parseEnvoyId('aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee');

t.test('a payload there and back, and nothing else', async (t) => {
  const bytes = encodeRenewal(renewal);
  t.same(decodeRenewal(bytes), renewal);
  t.same(encodeRenewal(decodeRenewal(bytes)), bytes);
  for (const [what, other] of Object.entries({
    'a key of another size': encodeCanonical('vigo/renewal/v1', new Uint8Array(90), renewal.tlsProof),
    'another tag': encodeCanonical('vigo/renewal-key/v1', renewal.tlsPublicKey, renewal.tlsProof),
    'a field more': encodeCanonical('vigo/renewal/v1', renewal.tlsPublicKey, renewal.tlsProof, 1),
    'a byte less': bytes.subarray(1),
  })) {
    t.throws(() => decodeRenewal(other), malformed, what);
  }
  survivesJunk(t, decodeRenewal, encodeRenewal, bytes);
});

t.test('the proof is bound to the envoy and the key', async (t) => {
  const key = renewal.tlsPublicKey;
  t.notSame(renewalProofBytes(WEB, key), renewalProofBytes(DB, key));
  t.notSame(renewalProofBytes(WEB, key), renewalProofBytes(WEB, new Uint8Array(91)));
});

t.test('the request and the answer as JSON', async (t) => {
  const request = Uint8Array.of(1, 2, 3);
  t.same(renewalFromJson(JSON.parse(renewalToJson(request))), request);
  for (const other of [
    null,
    {},
    { request: '' },
    { request: 'A' },
    { request: 'AAA=' },
    { request: 'AQID', more: 1 },
  ]) {
    t.throws(() => renewalFromJson(other), malformed, JSON.stringify(other));
  }
  t.same(parseRenewalAnswer({ certificate: 'pem' }), { certificate: 'pem' });
  for (const other of [null, {}, { certificate: 1 }]) t.throws(() => parseRenewalAnswer(other), malformed);
});
