import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { drawTrustDomain, parseEnvoyUri } from '../../lib/pki/index.js';
import { ENVOY_ID, filesOf, makeCa, makeServer, openssl } from './test-pki.js';

const URI = `spiffe://fleet/envoy/${ENVOY_ID}`;

/** A self-signed certificate with any subject alternative names, by OpenSSL. */
async function certificateWith(t: Test, names: string, ...more: string[]): Promise<Uint8Array> {
  const files = filesOf(t, { key: '', certificate: '' });
  const made = await openssl(
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-subj', '/CN=x'],
    ...['-keyout', files.key, '-out', files.certificate, '-addext', `subjectAltName=${names}`, ...more],
  );
  if (!made.ok) throw new Error(made.text);
  return new X509Certificate(readFileSync(files.certificate)).raw;
}

const LEAF = ['-addext', 'basicConstraints=critical,CA:FALSE'];

t.test('one envoy URI and nothing else', async (t) => {
  const name = { trustDomain: 'fleet', envoyId: ENVOY_ID };
  t.same(parseEnvoyUri(`URI:${URI}`), name);
  t.same(parseEnvoyUri(await certificateWith(t, `URI:${URI}`, ...LEAF)), name);
});

t.test("certificates that aren't an envoy's", async (t) => {
  const ca = makeCa();
  t.equal(parseEnvoyUri(new X509Certificate(ca.certificatePem).raw), undefined, 'a CA with its trust domain');
  t.equal(parseEnvoyUri(new X509Certificate(makeServer(ca).certificatePem).raw), undefined, 'a server');
  t.equal(parseEnvoyUri(Uint8Array.of(0x30, 0)), undefined, 'no certificate');
  t.equal(parseEnvoyUri(await certificateWith(t, `URI:${URI}`)), undefined, 'an envoy that is a CA');
  for (const names of [`URI:${URI},URI:${URI}`, `URI:${URI},DNS:a.example`, `DNS:a.example,URI:${URI}`, `DNS:${URI}`]) {
    t.equal(parseEnvoyUri(await certificateWith(t, names, ...LEAF)), undefined, names);
  }
  // What Node prints for one odd entry must not read like an entry of its own.
  const quoted = await certificateWith(t, 'otherName:1.2.3.4;UTF8:x', ...LEAF);
  t.equal(parseEnvoyUri(quoted), undefined, 'another kind of name');
});

for (const text of [
  '',
  URI,
  `URI:${URI}, URI:${URI}`,
  `URI:${URI}, DNS:a.example`,
  `DNS:a.example, URI:${URI}`,
  `URI:"${URI}"`,
  `uri:${URI}`,
  `URI:${URI}\n`,
  `\nURI:${URI}`,
  `URI:${URI}/`,
  `URI:${URI}?a`,
  `URI:${URI}#a`,
  `URI:${URI.toUpperCase()}`,
  `URI:spiffe://Fleet/envoy/${ENVOY_ID}`,
  `URI:spiffe:///envoy/${ENVOY_ID}`,
  `URI:spiffe://a@b/envoy/${ENVOY_ID}`,
  `URI:spiffe://a:1/envoy/${ENVOY_ID}`,
  `URI:spiffe://a/b/envoy/${ENVOY_ID}`,
  `URI:spiffe://fleet/envoy/${ENVOY_ID.toUpperCase()}`,
  `URI:spiffe://fleet/envoy/${ENVOY_ID.replace('-4', '-1')}`,
  'URI:spiffe://fleet/envoy/',
  'URI:spiffe://fleet',
  `URI:https://fleet/envoy/${ENVOY_ID}`,
]) {
  t.test(`${JSON.stringify(text)} names no envoy`, async (t) => t.equal(parseEnvoyUri(text), undefined));
}

t.test('trust domains are drawn, and never the same', async (t) => {
  t.match(drawTrustDomain(), /^vigo-[0-9a-f]{32}$/);
  t.not(drawTrustDomain(), drawTrustDomain());
});
