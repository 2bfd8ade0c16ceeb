import { X509Certificate } from 'node:crypto';
import { hostname } from 'node:os';
import t from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { assertKeyMatches, issueServerCertificate } from '../../lib/pki/index.js';
import { clockAt, filesOf, makeCa, openssl } from './test-pki.js';

const ca = makeCa(clockAt('2026-01-01T00:00:00Z'));
const issue = (names: string[], hostName?: string) =>
  issueServerCertificate({ ca, names, days: 365, clock: clockAt('2026-02-01T12:00:00.500Z'), hostName });

t.test('the certificate is good for serverAuth alone', async (t) => {
  const { certificatePem, key } = issue(['vigo.example.org']);
  const { server } = filesOf(t, { server: certificatePem });
  const { text } = await openssl('x509', '-in', server, '-noout', '-text');
  t.match(text, /X509v3 Basic Constraints: critical\s+CA:FALSE\n/);
  t.match(text, /X509v3 Key Usage: critical\s+Digital Signature\n/);
  t.match(text, /X509v3 Extended Key Usage: \s+TLS Web Server Authentication\n/);
  t.doesNotThrow(() => assertKeyMatches(certificatePem, key));
  const { validFrom, validTo } = new X509Certificate(certificatePem);
  t.equal(Date.parse(validFrom), Date.parse('2026-01-30T12:00:00Z'), 'two days back');
  t.equal(Date.parse(validTo), Date.parse('2027-02-01T12:00:00Z'));
});

t.test('names asked for come beside those that are always there, each once', async (t) => {
  const names = ['Vigo.Example.ORG', '192.0.2.1', '2001:DB8:0::1', '::ffff:192.0.2.9', '127.0.0.1', '0:0:0:0:0:0:0:1'];
  const issued = issue(names, 'Host-7');
  t.same([...issued.names].sort(), [
    '127.0.0.1',
    '192.0.2.1',
    '2001:db8::1',
    '::1',
    '::ffff:c000:209',
    'host-7',
    'localhost',
    'vigo.example.org',
  ]);
  const certificate = new X509Certificate(issued.certificatePem);
  for (const ip of ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.9', '127.0.0.1', '::1']) {
    t.ok(certificate.checkIP(ip), ip);
  }
  for (const name of ['localhost', 'host-7', 'vigo.example.org']) t.ok(certificate.checkHost(name), name);
  t.notOk(certificate.checkHost('example.org'));
  t.notOk(certificate.checkIP('192.0.2.2'));
  t.notOk(certificate.checkHost('Vigo server'), 'the common name is no name of the host');
});

t.test("the host name is the system's, unless a certificate can't hold it", async (t) => {
  const always = ['127.0.0.1', '::1', 'localhost'];
  t.same([...issue([], 'my_host').names].sort(), always);
  const own = hostname().toLowerCase();
  t.ok(/^[a-z][a-z0-9-]*$/.test(own) ? issue([]).names.includes(own) : true);
});

for (const name of [
  ...['', ' ', 'a b', '-a.example', 'a..b', 'a.example.', '*.example.org', 'https://a.example', 'a.example:443'],
  ...['10.0.0.256', '10.0.0', '1', 'fe80::1%eth0', '[::1]', '1:2:3', '::g', 'bücher.example', 'a\0.example'],
  ...['a,DNS:b', 'x'.repeat(64), `${'x.'.repeat(127)}x`],
]) {
  t.test(`${JSON.stringify(name.slice(0, 20))} is no name of a server`, async (t) => {
    t.throws(() => issue([name]), { code: 'bad_name' });
  });
}

t.test('days are whole and from one', async (t) => {
  t.throws(() => issueServerCertificate({ ca, names: [], days: 0, clock: systemClock }), { code: 'bad_lifetime' });
});
