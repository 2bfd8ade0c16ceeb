import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import t from 'tap';
import { toHex } from '../../lib/base/index.js';
import { issueEnvoyCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import { clockAt, DAY_MS, ENVOY_ID, filesOf, makeCa, openssl, TRUST_DOMAIN } from './test-pki.js';

const clock = clockAt('2026-02-01T12:00:00.999Z');
const ca = makeCa(clock);
const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const spki = Uint8Array.from(publicKey.export({ type: 'spki', format: 'der' }));

const issue = (change: object = {}) =>
  issueEnvoyCertificate({
    ca,
    envoyId: ENVOY_ID,
    trustDomain: TRUST_DOMAIN,
    publicKey: spki,
    ttlMs: 30 * DAY_MS,
    clock,
    ...change,
  });

t.test('it is an X509-SVID: one URI, no DNS name, clientAuth, not a CA', async (t) => {
  const { certificatePem, serial, notAfterMs } = issue();
  const { envoy } = filesOf(t, { envoy: certificatePem });
  const { text } = await openssl('x509', '-in', envoy, '-noout', '-text');
  t.match(text, /X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
  t.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  t.match(text, /X509v3 Extended Key Usage: \s+TLS Web Client Authentication\n/);

  const certificate = new X509Certificate(certificatePem);
  t.equal(certificate.subjectAltName, `URI:spiffe://${TRUST_DOMAIN}/envoy/${ENVOY_ID}`);
  t.equal(certificate.serialNumber.toLowerCase(), serial);
  t.equal(Date.parse(certificate.validFrom), Date.parse('2026-01-30T12:00:00Z'), 'two days back');
  t.equal(Date.parse(certificate.validTo), notAfterMs);
  t.equal(notAfterMs, Date.parse('2026-03-03T12:00:00Z'));
  t.same(certificate.publicKey.export({ type: 'spki', format: 'der' }), Buffer.from(spki));
  t.ok(certificate.verify(new X509Certificate(ca.certificatePem).publicKey));
  t.same(parseEnvoyUri(certificate.raw), { trustDomain: TRUST_DOMAIN, envoyId: ENVOY_ID });
});

t.test('the key has to be P-256, in its one DER form, and on the curve', async (t) => {
  const of = (key: { publicKey: { export(o: { type: 'spki'; format: 'der' }): Buffer } }) =>
    key.publicKey.export({ type: 'spki', format: 'der' });
  const [algorithm, x, y] = [spki.slice(2, 23), spki.slice(27, 59), spki.slice(59)].map(toHex);
  const parity = (even: number) => `0${even + ((spki.at(-1) ?? 0) & 1)}`;
  const offCurve = spki.with(-1, (spki.at(-1) ?? 0) ^ 1);
  const rejected = {
    empty: new Uint8Array(),
    'P-384': of(generateKeyPairSync('ec', { namedCurve: 'secp384r1' })),
    secp256k1: of(generateKeyPairSync('ec', { namedCurve: 'secp256k1' })),
    Ed25519: of(generateKeyPairSync('ed25519')),
    'explicit parameters': of(generateKeyPairSync('ec', { namedCurve: 'prime256v1', paramEncoding: 'explicit' })),
    'a byte too many': Uint8Array.of(...spki, 0),
    'a byte too few': spki.subarray(0, -1),
    'off the curve': offCurve,
    'a compressed point': Buffer.from(`3039${algorithm}032200${parity(2)}${x}`, 'hex'),
    'a hybrid point': Buffer.from(`3059${algorithm}034200${parity(6)}${x}${y}`, 'hex'),
  };
  for (const [name, key] of Object.entries(rejected))
    t.throws(() => issue({ publicKey: key }), { code: 'bad_key' }, name);
});

t.test('a lifetime has to be one', async (t) => {
  for (const ttlMs of [0, 999, -1, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => issue({ ttlMs }), { code: 'bad_lifetime' });
  }
  t.throws(() => issue({ trustDomain: 'a/b' }), { code: 'bad_name' });
});
