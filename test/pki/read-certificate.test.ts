import { createHash, X509Certificate } from 'node:crypto';
import t from 'tap';
import { assertCa, assertKeyMatches, certificateHash, certificateValidity } from '../../lib/pki/index.js';
import { clockAt, filesOf, makeCa, makeServer, openssl } from './test-pki.js';

const ca = makeCa(clockAt('2026-01-01T00:00:00Z'), 10);
const server = makeServer(ca, clockAt('2026-01-01T00:00:00Z'));

t.test('the hash of a certificate is SHA-256 of its DER', async (t) => {
  const { file } = filesOf(t, { file: ca.certificatePem });
  const hash = Buffer.from(certificateHash(ca.certificatePem)).toString('hex');
  t.equal(hash, createHash('sha256').update(new X509Certificate(ca.certificatePem).raw).digest('hex'));
  const { text } = await openssl('x509', '-in', file, '-noout', '-fingerprint', '-sha256');
  t.equal(hash, text.trim().split('=')[1]?.replaceAll(':', '').toLowerCase());
});

t.test('the hash is of one certificate, not of the first of several', async (t) => {
  const pair = ca.certificatePem + server.certificatePem;
  t.throws(() => certificateHash(pair), { code: 'bad_certificate' });
  t.throws(() => certificateHash(''), { code: 'bad_certificate' });
  t.throws(() => certificateHash('-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----'), {
    code: 'bad_certificate',
  });
});

t.test('validity, CA and key are read off', async (t) => {
  t.same(certificateValidity(ca.certificatePem), {
    notBeforeMs: Date.parse('2025-12-30T00:00:00Z'),
    notAfterMs: Date.parse('2026-01-11T00:00:00Z'),
  });
  t.doesNotThrow(() => assertCa(ca.certificatePem));
  t.throws(() => assertCa(server.certificatePem), { code: 'not_a_ca' });
  t.doesNotThrow(() => assertKeyMatches(server.certificatePem, server.key));
  t.throws(() => assertKeyMatches(server.certificatePem, ca.key), { code: 'key_mismatch' });
});
