import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import t from 'tap';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { parseEnvoyId, parseHostPort, systemClock } from '../../lib/base/index.js';
import { generateCa, issueEnvoyCertificate, type KeyedCertificate } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import { startFleet } from './start-fleet.js';

const DAY_MS = 86_400_000;
/** A line of a stack trace, also where it stands in JSON. */
const STACK = /(^|\\n) {4}at /m;

// Every connection is one that a server on a busy machine has to refuse.

t.test('who has no certificate of the fleet', async (t) => {
  const fleet = await startFleet(t);
  await fleet.enroll('web-1');
  await fleet.publish({ 'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [] }\n' });
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const ca: KeyedCertificate = { certificatePem: read('ca'), key: createPrivateKey(read('ca_key')) };
  const identity = JSON.parse(readFileSync(join(fleet.configDir('web-1'), 'identity.json'), 'utf8'));
  const own = readFileSync(join(fleet.configDir('web-1'), 'tls.pem'), 'utf8');
  const grpc = parseHostPort(fleet.grpcAddress);

  /** A certificate in the name of the envoy. */
  const certify = (by: KeyedCertificate, nowMs = Date.now()) => {
    const key = generateTlsKey();
    const { certificatePem } = issueEnvoyCertificate({
      ca: by,
      envoyId: parseEnvoyId(identity.envoy_id),
      trustDomain: identity.trust_domain,
      publicKey: key.publicKey,
      ttlMs: DAY_MS,
      clock: { nowMs: () => nowMs },
    });
    return { cert: certificatePem, key: pemOf(key.privateKey) };
  };
  const rogue = generateCa({ commonName: 'Vigo CA', trustDomain: identity.trust_domain, days: 1, clock: systemClock });
  const forged = certify(rogue);

  /** What a connection hears before it ends. */
  const heard = (connection: net.Socket) =>
    new Promise<string>((resolve) => {
      let text = '';
      connection.on('data', (chunk) => {
        text += chunk.toString('latin1');
        connection.destroy();
      });
      connection.on('error', () => {});
      connection.on('close', () => resolve(text));
    });
  const overTls = (port: number, options: tls.ConnectionOptions) =>
    heard(tls.connect({ host: 'localhost', port, ca: ca.certificatePem, ALPNProtocols: ['h2'], ...options }));
  t.not(await overTls(grpc.port, { cert: own, key: own }), '', "the envoy's own certificate is taken");

  const certificates: Record<string, tls.ConnectionOptions> = {
    'no certificate': {},
    'one of another CA': forged,
    "one of another CA, with the true CA's appended": {
      ...forged,
      cert: forged.cert + rogue.certificatePem + ca.certificatePem,
    },
    'one that signed itself': { cert: rogue.certificatePem, key: pemOf(rogue.key) },
    'one that has ended': certify(ca, Date.now() - 30 * DAY_MS),
    "the server's": { cert: read('cert'), key: read('key') },
  };
  await t.test('is refused, and counted by address', async (t) => {
    for (const [what, options] of Object.entries(certificates)) {
      for (let i = 0; i < 3; i++) t.equal(await overTls(grpc.port, options), '', what);
    }
    t.equal(await overTls(grpc.port, { ...forged, localAddress: '127.0.0.9' } as object), '', 'from another address');
    // What is only counted so far is written down.
    await fleet.server.end();
    await fleet.startServer();
    const counts = new Map<string, number>();
    for (const { actor, subject, outcome, detail } of await fleet.audit('request.rejected')) {
      const { reason, count } = detail as { reason: string; count: number };
      const what = [actor, subject, outcome, reason].join(' ');
      counts.set(what, (counts.get(what) ?? 0) + count);
    }
    t.strictSame(Object.fromEntries(counts), {
      '127.0.0.1 nobody denied certificate_missing': 3,
      '127.0.0.1 nobody denied certificate_untrusted': 12,
      '127.0.0.1 nobody denied certificate_expired': 3,
      '127.0.0.9 nobody denied certificate_untrusted': 1,
    });
  });

  await t.test('who does not even speak TLS 1.3 hears nothing, and fills no log', async (t) => {
    const entries = (await fleet.audit('request.rejected')).length;
    const ports = { gRPC: grpc.port, HTTPS: Number(new URL(fleet.url()).port) };
    for (const [name, port] of Object.entries(ports)) {
      for (const [what, said] of Object.entries({
        nothing: '',
        'HTTP/1.1': 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n',
        'HTTP/2 without TLS': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0',
        'something else': 'SSH-2.0-OpenSSH_9.9\r\n',
      })) {
        const socket = net.connect(port, '127.0.0.1');
        socket.end(said);
        t.notMatch(await heard(socket), /HTTP/, `${what} to ${name}`);
      }
      const shown = { cert: own, key: own, ALPNProtocols: undefined };
      t.equal(await overTls(port, { ...shown, maxVersion: 'TLSv1.2' }), '', `TLS 1.2 to ${name}`);
    }
    t.equal(await overTls(grpc.port, { cert: own, key: own, ALPNProtocols: ['http/1.1'] }), '', 'no HTTP/2');
    t.equal((await fleet.audit('request.rejected')).length, entries);
  });

  t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0, 'and the envoy is served as ever');

  await t.test('does not keep the server from stopping', async (t) => {
    const ports = [parseHostPort(fleet.grpcAddress).port, Number(new URL(fleet.url()).port)];
    const silent = ports.map((port) => net.connect(port, '127.0.0.1').on('error', () => {}));
    const idle = ports.map((port) => {
      const shown = { cert: own, key: own, ca: ca.certificatePem };
      return tls.connect({ host: 'localhost', port, ...shown, ALPNProtocols: ['h2', 'http/1.1'] });
    });
    for (const socket of idle)
      await once(
        socket.on('error', () => {}),
        'secureConnect',
      );
    const ended = [...silent, ...idle].map((socket) => {
      return new Promise<void>((resolve) => void socket.resume().on('close', () => resolve()));
    });
    t.equal(await fleet.server.end(), 0);
    await Promise.all(ended);
  });
  t.notMatch(fleet.printed.join('\n'), STACK, 'no stack trace anywhere');
});
