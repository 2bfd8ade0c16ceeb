import { createPrivateKey } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import http2 from 'node:http2';
import net, { type AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import t from 'tap';
import { type Clock, systemClock } from '../../lib/base/index.js';
import { generateCa, issueServerCertificate, type KeyedCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import { redirect } from './interceptor.js';
import { startFleet } from './start-fleet.js';

const DAY_MS = 86_400_000;
/** A line of a stack trace, also where it stands in JSON. */
const STACK = /(^|\\n) {4}at /m;

// A dozen programs, one after the other.

t.test('who answers in the place of the server', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'shop.ini');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${target}, content: "as it was told" }
`,
  });
  await fleet.enroll('web-1');
  await fleet.enroll('web-2');
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const ca: KeyedCertificate = { certificatePem: read('ca'), key: createPrivateKey(read('ca_key')) };
  const rogue = generateCa({ commonName: 'Vigo CA', days: 1, clock: systemClock });
  const past: Clock = { nowMs: () => Date.now() - 30 * DAY_MS };
  const shown = (issuer: KeyedCertificate, clock: Clock = systemClock, chain = '') => {
    const { certificatePem, key } = issueServerCertificate({ ca: issuer, names: [], days: 1, clock });
    return { cert: certificatePem + chain, key: pemOf(key) };
  };
  const otherEnvoy = readFileSync(join(fleet.configDir('web-2'), 'tls.pem'), 'utf8');
  const own = { cert: read('cert'), key: read('key') };

  /** What was said to them once a connection stood. */
  let asked = 0;
  const overTls = (options: tls.TlsOptions) => () =>
    tls.createServer({ ALPNProtocols: ['h2'], ...options }, (socket) => {
      socket.on('error', () => {}).on('data', () => asked++);
    });
  const impostors: Record<string, readonly [() => net.Server, string]> = {
    'with a certificate of another CA': [overTls(shown(rogue)), 'unable to verify the first certificate'],
    "with the true CA's certificate behind those of another": [
      overTls(shown(rogue, systemClock, rogue.certificatePem + ca.certificatePem)),
      'self-signed certificate in certificate chain',
    ],
    "with another envoy's certificate": [
      overTls({ cert: otherEnvoy, key: otherEnvoy }),
      'unsuitable certificate purpose',
    ],
    'with a certificate that has ended': [overTls(shown(ca, past)), 'certificate has expired'],
    'with the true certificate, over TLS 1.2': [overTls({ ...own, maxVersion: 'TLSv1.2' }), 'no TLS 1.3 connection: '],
    'with HTTP/2 without TLS': [() => http2.createServer(() => asked++), 'no TLS 1.3 connection: '],
    'with HTTP/1.1 without TLS': [() => http.createServer(() => asked++), 'no TLS 1.3 connection: '],
    'with something else': [
      () => net.createServer((socket) => socket.on('error', () => {}).end('220 ready\r\n')),
      'no TLS 1.3 connection: ',
    ],
    'and leaves': [() => net.createServer((socket) => socket.destroy()), ''],
  };
  for (const [what, [make, says]] of Object.entries(impostors)) {
    await t.test(what, async (t) => {
      const server = make().listen(0, '127.0.0.1');
      t.teardown(() => server.close());
      if (!server.listening) await new Promise((resolve) => server.once('listening', resolve));
      const address = `localhost:${(server.address() as AddressInfo).port}`;
      await redirect(fleet, 'web-1', address);
      const { code, stderr } = await fleet.vigo('web-1', 'run', '--once');
      t.not(code, 0);
      t.equal(stderr.split('\n').filter((line) => line.startsWith('error: ')).length, 1, 'it says so in a line');
      t.ok(stderr.startsWith(`error: the server at ${address}: ${says}`), stderr);
      const [problem] = JSON.parse((await fleet.vigo('web-1', 'status', '--json')).stdout).problems;
      t.match(problem, { task: 'check-in', reason: 'unavailable' });
      t.ok(problem.message.startsWith(`the server at ${address}: ${says}`), 'and its status says it, too');
      t.equal(problem.advice !== null, says !== '', 'and what to do');
      t.equal(asked, 0, 'it was asked nothing');
      t.notOk(existsSync(target), 'and nothing was done');
    });
  }

  await t.test('is of no consequence', async (t) => {
    await redirect(fleet, 'web-1', fleet.grpcAddress);
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
    t.ok(existsSync(target));
    t.same(JSON.parse((await fleet.vigo('web-1', 'status', '--json')).stdout).problems, []);
  });
  t.notMatch(fleet.printed.join('\n'), STACK, 'no stack trace anywhere');
});
