import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import tls from 'node:tls';
import t from 'tap';
import { parseEnvoyId } from '../../lib/base/index.js';
import { type KeyedCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import { makeEnvoy, pemOf, TRUST_DOMAIN } from '../pki/test-pki.js';
import { ca, envoySide, startServer } from './test-rpc.js';

const otherSide = makeEnvoy(ca);
const { raw: otherCertificate } = new X509Certificate(otherSide.certificatePem);
const other = { trustDomain: TRUST_DOMAIN, envoyId: parseEnvoyId('7b1d4a52-6c1e-4d7b-9f00-0123456789ab') };
const peerIdentity = (certificate: X509Certificate) =>
  otherCertificate.equals(certificate.raw) ? other : parseEnvoyUri(certificate);
const limits = { maxConnectionsPerEnvoy: 2 };

/** A connection that got as far as HTTP/2's first frame. */
async function open(port: number, { certificatePem, key }: KeyedCertificate = envoySide): Promise<tls.TLSSocket> {
  const identity = { ca: ca.certificatePem, cert: certificatePem, key: pemOf(key) };
  const socket = tls.connect({ port, host: '127.0.0.1', ALPNProtocols: ['h2'], ...identity });
  socket.on('error', () => {});
  await once(socket, 'data');
  return socket;
}

t.test("a new connection of an envoy ends its oldest one, and no other envoy's", async (t) => {
  const { port } = await startServer(t, { limits, peerIdentity });
  const others = await open(port, otherSide);
  const first = await open(port);
  const second = await open(port);
  const firstEnds = once(first, 'close');
  const third = await open(port);
  await firstEnds;
  const secondEnds = once(second, 'close');
  const fourth = await open(port);
  await secondEnds;
  t.same(
    [others, third, fourth].map(({ closed }) => closed),
    [false, false, false],
  );
});

t.test('a connection that ended by itself does not count', async (t) => {
  const { port } = await startServer(t, { limits });
  const first = await open(port);
  const second = await open(port);
  second.destroy();
  await once(second, 'close');
  // The server hears of the end before it is asked for another connection.
  await open(port).then((third) => third.destroy());
  await open(port);
  t.equal(first.closed, false);
});

t.test('who is not active has one, and is served over it', async (t) => {
  let isActive = true;
  const { port } = await startServer(t, { limits, isActive: () => isActive });
  const before = [await open(port), await open(port)];
  const ends = before.map((socket) => once(socket, 'close'));
  isActive = false;
  const after = await open(port);
  await Promise.all(ends);
  const last = once(after, 'close');
  await open(port);
  await last;
});

t.test('disconnected, an envoy loses all of its connections, and nobody else; it may come back', async (t) => {
  const server = await startServer(t, { limits, peerIdentity });
  const others = await open(server.port, otherSide);
  const own = [await open(server.port), await open(server.port)];
  const ends = own.map((socket) => once(socket, 'close'));
  const peer = parseEnvoyUri(new X509Certificate(envoySide.certificatePem).raw);
  if (peer === undefined) throw new Error('the certificate names an envoy');
  server.disconnect(peer);
  await Promise.all(ends);
  t.equal(others.closed, false);
  t.equal((await open(server.port)).closed, false);
});
