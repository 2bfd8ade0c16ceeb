import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { generateCa, PkiError, readPrivateKey } from '../../lib/pki/index.js';
import { clockAt, DAY_MS, filesOf, makeCa, makeEnvoy, makeServer, openssl, pemOf, TRUST_DOMAIN } from './test-pki.js';

t.test('a CA signs leaves only, and says so critically', async (t) => {
  const { certificatePem } = makeCa();
  const { ca } = filesOf(t, { ca: certificatePem });
  const { text } = await openssl('x509', '-in', ca, '-noout', '-text');
  t.match(text, 'Version: 3 (0x2)');
  t.match(text, /X509v3 Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
  t.match(text, /X509v3 Key Usage: critical\s+Certificate Sign, CRL Sign\n/);
  t.match(text, `URI:spiffe://${TRUST_DOMAIN}\n`);
  t.match(text, 'Signature Algorithm: ecdsa-with-SHA256');
  t.match(text, 'NIST CURVE: P-256');
  const [subjectKeyId, authorityKeyId] = text.match(/([0-9A-F]{2}:){19}[0-9A-F]{2}\n/g) ?? [];
  t.ok(subjectKeyId);
  t.equal(subjectKeyId, authorityKeyId, 'self-signed');
});

t.test('OpenSSL finds the chains good under its strictest rules', async (t) => {
  const ca = makeCa();
  const files = filesOf(t, {
    ca: ca.certificatePem,
    server: makeServer(ca).certificatePem,
    envoy: makeEnvoy(ca).certificatePem,
    other: makeCa().certificatePem,
  });
  const verify = async (ca: string, purpose: string, leaf: string) =>
    (await openssl('verify', '-x509_strict', '-check_ss_sig', '-CAfile', ca, '-purpose', purpose, leaf)).ok;
  t.equal(await verify(files.ca, 'sslserver', files.server), true);
  t.equal(await verify(files.ca, 'sslclient', files.envoy), true);
  t.equal(await verify(files.ca, 'any', files.ca), true);
  t.equal(await verify(files.ca, 'sslclient', files.server), false, 'a server is no client');
  t.equal(await verify(files.ca, 'sslserver', files.envoy), false, 'an envoy is no server');
  t.equal(await verify(files.other, 'sslserver', files.server), false, 'another CA of the same name');
});

t.test('a leaf can sign nothing', async (t) => {
  const server = makeServer(makeCa());
  t.throws(() => makeEnvoy(server), { code: 'not_a_ca' });
});

t.test('serials are positive, of 17 bytes, and never the same', async (t) => {
  const serials = Array.from({ length: 8 }, () => new X509Certificate(makeCa().certificatePem).serialNumber);
  for (const serial of serials) t.match(serial, /^01[0-9A-F]{32}$/);
  t.equal(new Set(serials).size, serials.length);
});

t.test('times are UTCTime before 2050 and GeneralizedTime from then on', async (t) => {
  const kinds = async (clock: ReturnType<typeof clockAt>, days: number) => {
    const { ca } = filesOf(t, { ca: makeCa(clock, days).certificatePem });
    const { text } = await openssl('asn1parse', '-in', ca);
    return text.match(/(UTCTIME|GENERALIZEDTIME)\s+:\S+/g)?.map((line) => line.replace(/\s+/, ' '));
  };
  t.same(await kinds(clockAt('2049-12-30T23:59:59.999Z'), 1), ['UTCTIME :491228235959Z', 'UTCTIME :491231235959Z']);
  t.same(await kinds(clockAt('2049-12-31T00:00:00Z'), 1), [
    'UTCTIME :491229000000Z',
    'GENERALIZEDTIME :20500101000000Z',
  ]);
  t.same(await kinds(clockAt('2050-01-03T00:00:00Z'), 1), [
    'GENERALIZEDTIME :20500101000000Z',
    'GENERALIZEDTIME :20500104000000Z',
  ]);
});

t.test('a leaf ends with its CA, and an expired CA signs nothing', async (t) => {
  const ca = makeCa(clockAt('2026-01-01T00:00:00Z'), 10);
  const server = new X509Certificate(makeServer(ca, clockAt('2026-01-05T00:00:00Z')).certificatePem);
  t.equal(Date.parse(server.validTo), Date.parse('2026-01-11T00:00:00Z'));
  t.throws(() => makeServer(ca, clockAt('2026-01-11T00:00:00Z')), { code: 'expired' });
});

t.test('a CA that OpenSSL made signs as well: its name and key identifier are taken over', async (t) => {
  const files = filesOf(t, { key: '', ca: '', leaf: '' });
  const made = await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '30'],
    ...['-subj', '/C=CH/O=Bücher AG/OU=Ops/CN=Own Root', '-utf8', '-keyout', files.key, '-out', files.ca],
    ...['-addext', 'keyUsage=critical,keyCertSign'],
  );
  t.ok(made.ok, made.text);
  const ca = { certificatePem: readFileSync(files.ca, 'utf8'), key: readPrivateKey(readFileSync(files.key)) };
  const server = makeServer(ca);
  writeFileSync(files.leaf, server.certificatePem);
  t.ok((await openssl('verify', '-x509_strict', '-CAfile', files.ca, '-purpose', 'sslserver', files.leaf)).ok);
  t.ok(new X509Certificate(server.certificatePem).checkIssued(new X509Certificate(ca.certificatePem)));
});

t.test('what a CA is asked for has to make sense', async (t) => {
  const ca = (change: object) => () =>
    generateCa({ commonName: 'Vigo CA', trustDomain: TRUST_DOMAIN, days: 1, clock: systemClock, ...change });
  for (const commonName of ['', 'x'.repeat(65), 'a\nb', '\ud800']) t.throws(ca({ commonName }), { code: 'bad_name' });
  for (const trustDomain of ['', 'Upper', 'a/b', 'a:1', 'ü', 'x'.repeat(256)]) {
    t.throws(ca({ trustDomain }), { code: 'bad_name' });
  }
  for (const days of [0, -1, 0.5, Number.NaN, 4_000_000, Number.POSITIVE_INFINITY]) {
    t.throws(ca({ days }), { code: 'bad_lifetime' });
  }
  t.doesNotThrow(ca({ commonName: 'Größe ✓', trustDomain: undefined }));
});

t.test('a CA has to be whole', async (t) => {
  const ca = makeCa();
  const issue = (change: object) => () => makeEnvoy({ ...ca, ...change });
  const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  t.throws(issue({ key: makeCa().key }), { code: 'key_mismatch' });
  t.throws(issue({ key: rsa }), { code: 'bad_key' });
  t.throws(issue({ certificatePem: pemOf(ca.key) }), { code: 'bad_certificate' });
  t.throws(issue({ certificatePem: ca.certificatePem + ca.certificatePem }), { code: 'bad_certificate' });
  t.throws(issue({ certificatePem: ca.certificatePem.replaceAll('A', 'B') }), PkiError);
  t.throws(() => makeEnvoy(ca, systemClock, 0), { code: 'bad_lifetime' });
  t.doesNotThrow(() => makeEnvoy(ca, systemClock, DAY_MS));
});
