import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import tls from 'node:tls';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import t from 'tap';
import { certificateValidity, type KeyedCertificate, parseEnvoyUri } from '../../lib/pki/index.js';
import { type AgentCall, type Peer, startAgentServer } from '../../lib/rpc/index.js';
import { agentService } from '../../lib/rpc/service.js';
import { ENVOY_ID, filesOf, makeCa, makeEnvoy, makeServer, pemOf, TRUST_DOMAIN } from '../pki/test-pki.js';
import { aborted, ca, connect, ECHO, envoySide, REQUEST, serverSide, serverTls, startServer } from './test-rpc.js';

const caPem = ca.certificatePem;

/** Whether a TLS client gets as far as HTTP/2's first frame, which the server sends once it accepted the connection. */
function isServed(port: number, options: tls.ConnectionOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca: caPem, ALPNProtocols: ['h2'], ...options });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
    socket.on('data', () => {
      resolve(true);
      socket.destroy();
    });
  });
}

function shown({ certificatePem, key }: KeyedCertificate): tls.ConnectionOptions {
  return { cert: certificatePem, key: pemOf(key) };
}

t.test('a client certificate of our CA is required (T1)', async (t) => {
  const rogue = makeCa();
  const refused: string[] = [];
  const { port } = await startServer(t, {
    onRefusedConnection: (reason, address) => refused.push(`${reason} ${address}`),
  });
  const rogueEnvoy = makeEnvoy(rogue);
  t.equal(await isServed(port, shown(envoySide)), true, "an envoy's certificate");
  t.same(refused, []);
  t.equal(await isServed(port, {}), false, 'none');
  t.equal(await isServed(port, shown(rogueEnvoy)), false, 'of another CA');
  const withOurCa = { ...rogueEnvoy, certificatePem: rogueEnvoy.certificatePem + rogue.certificatePem + caPem };
  t.equal(await isServed(port, shown(withOurCa)), false, "of another CA, with our CA's certificate appended");
  t.equal(await isServed(port, shown(serverSide)), false, 'a certificate for servers');
  t.equal(await isServed(port, shown(ca)), false, "the CA's own");
  const past = { nowMs: () => Date.now() - 400 * 86_400_000 };
  t.equal(await isServed(port, shown(makeEnvoy(ca, past))), false, 'an expired one');
  const from = '127.0.0.1';
  const reasons = ['missing', 'untrusted', 'untrusted', 'untrusted', 'untrusted', 'expired'];
  t.same(
    refused,
    reasons.map((reason) => `certificate_${reason} ${from}`),
  );
});

t.test('TLS 1.3 and HTTP/2, or nothing', async (t) => {
  const refused: string[] = [];
  const { port } = await startServer(t, { onRefusedConnection: (reason) => refused.push(reason) });
  t.equal(await isServed(port, { ...shown(envoySide), maxVersion: 'TLSv1.2' }), false, 'TLS 1.2');
  t.equal(await isServed(port, { ...shown(envoySide), ALPNProtocols: ['http/1.1'] }), false, 'HTTP/1.1');
  t.equal(await isServed(port, { ...shown(envoySide), ALPNProtocols: undefined }), false, 'no ALPN');
  t.same(refused, ['no_handshake', 'no_handshake', 'no_handshake']);
});

t.test('openssl gets in with TLS 1.3 alone', async (t) => {
  const { port } = await startServer(t);
  const files = filesOf(t, { 'ca.pem': caPem, 'cert.pem': envoySide.certificatePem, 'key.pem': pemOf(envoySide.key) });
  const sClient = async (version: string) => {
    const child = spawn(
      'openssl',
      `s_client -connect 127.0.0.1:${port} -alpn h2 -verify_return_error -CAfile ${files['ca.pem']}
       -cert ${files['cert.pem']} -key ${files['key.pem']} ${version}`.split(/\s+/),
      { stdio: 'ignore' },
    );
    const [exitCode] = await once(child, 'exit');
    return exitCode;
  };
  t.equal(await sClient('-tls1_3'), 0);
  t.not(await sClient('-tls1_2'), 0);
});

t.test('plaintext is refused', async (t) => {
  const calls: AgentCall[] = [];
  const { address } = await startServer(t, {
    handlers: { ...ECHO, checkIn: async (call) => Buffer.of(calls.push(call)) },
  });
  const client = new Client(address, credentials.createInsecure());
  const { path, requestSerialize, responseDeserialize } = agentService.CheckIn;
  const failure = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, REQUEST, resolve);
  });
  client.close();
  t.equal(failure?.code, status.UNAVAILABLE);
  t.same(calls, []);
});

t.test('no session is resumed without its certificate', async (t) => {
  const { port } = await startServer(t);
  let session: Buffer | undefined;
  const first = tls.connect({ port, host: '127.0.0.1', ca: caPem, ALPNProtocols: ['h2'], ...shown(envoySide) });
  first.on('session', (ticket) => {
    session = ticket;
  });
  await once(first, 'data');
  first.destroy();
  t.not(session, undefined);
  t.equal(await isServed(port, { session }), false);
});

t.test('the certificate is read once per connection', async (t) => {
  let reads = 0;
  const peers: Peer[] = [];
  const server = await startServer(t, {
    peerIdentity: (certificate) => {
      reads++;
      return parseEnvoyUri(certificate);
    },
    handlers: {
      ...ECHO,
      checkIn: async (call) => {
        peers.push(call.peer);
        return call.bytes;
      },
    },
  });
  const channel = await connect(t, server.address);
  await channel.call('CheckIn', REQUEST);
  await channel.call('CheckIn', REQUEST);
  t.equal(reads, 1);
  t.equal(peers[0], peers[1]);
  t.same(peers[0], {
    envoyId: ENVOY_ID,
    trustDomain: TRUST_DOMAIN,
    remoteAddress: '127.0.0.1',
    notAfterMs: certificateValidity(envoySide.certificatePem).notAfterMs,
  });
  const another = await connect(t, server.address);
  await another.call('CheckIn', REQUEST);
  t.equal(reads, 2);
});

t.test('a certificate of our CA that names no envoy', async (t) => {
  const peers: Peer[] = [];
  const server = await startServer(t, {
    peerIdentity: () => undefined,
    handlers: {
      ...ECHO,
      checkIn: async (call) => {
        peers.push(call.peer);
        return call.bytes;
      },
    },
  });
  await (await connect(t, server.address)).call('CheckIn', REQUEST);
  t.match(peers, [{ envoyId: undefined, trustDomain: undefined }]);
});

t.test('a connection ends with its certificate', async (t) => {
  const { notAfterMs } = certificateValidity(envoySide.certificatePem);
  let nowMs = notAfterMs - 20;
  const server = await startServer(t, {
    clock: { nowMs: () => nowMs },
    handlers: { ...ECHO, wakeUp: (_, stream) => aborted(stream.closed) },
  });
  const channel = await connect(t, server.address);
  const { signal } = new AbortController();
  await t.rejects(
    channel.wakeUp(REQUEST, () => {}, signal),
    { name: 'RpcError', code: 'unavailable' },
  );
  nowMs = notAfterMs;
  t.equal(await isServed(server.port, shown(envoySide)), false);
});

t.test('no more connections than allowed', async (t) => {
  const server = await startServer(t, { limits: { maxConnections: 1 } });
  const idle = net.connect(server.port, '127.0.0.1');
  await once(idle, 'connect');
  t.equal(await isServed(server.port, shown(envoySide)), false);
  idle.destroy();
});

t.test('a silent handshake is cut off', async (t) => {
  const server = await startServer(t, { limits: { handshakeTimeoutMs: 20 } });
  const idle = net.connect(server.port, '127.0.0.1').resume();
  idle.on('error', () => {});
  await once(idle, 'close');
  t.equal(idle.bytesRead, 0);
});

t.test('one network has so many handshakes at one time, and any number of connections', async (t) => {
  const refused: string[] = [];
  const networkOf = (address: string) => (address === '127.0.0.9' ? 'another' : 'one');
  const { port } = await startServer(t, {
    networkOf,
    limits: { maxHandshakesPerNetwork: 2 },
    onRefusedConnection: (reason) => refused.push(reason),
  });
  const connections = await Promise.all(
    [1, 2].map(async () => {
      const socket = tls.connect({ port, host: '127.0.0.1', ca: caPem, ALPNProtocols: ['h2'], ...shown(envoySide) });
      await once(socket, 'data');
      return socket;
    }),
  );
  const silent = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map(async (localAddress) => {
      const socket = net.connect({ port, host: '127.0.0.1', localAddress });
      await once(socket, 'connect');
      return socket;
    }),
  );
  t.equal(await isServed(port, shown(envoySide)), false, 'the network is full');
  t.equal(refused[0], 'too_many_handshakes');
  t.equal(await isServed(port, { ...shown(envoySide), localAddress: '127.0.0.9' } as object), true, 'another is not');
  silent[0]?.destroy();
  while (!(await isServed(port, shown(envoySide))));
  t.pass('there is room again once the server has noticed');
  for (const socket of [...connections, ...silent]) socket.destroy();
});

/** What a client says first: HTTP/2's preface, and its settings (RFC 9113 section 3.4). */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0', 'latin1');

t.test('a peer that is not there any more is dropped', async (t) => {
  const { port } = await startServer(t, { limits: { keepAliveMs: 50, keepAliveTimeoutMs: 50 } });
  for (const said of [PREFACE, Buffer.of()]) {
    const socket = tls.connect({ port, host: '127.0.0.1', ca: caPem, ALPNProtocols: ['h2'], ...shown(envoySide) });
    socket.on('error', () => {});
    socket.resume();
    await once(socket, 'secureConnect');
    if (said.length > 0) socket.write(said);
    await once(socket, 'close');
    t.pass(`${said.length} bytes, and then nothing`);
  }
});

t.test('a connection has its age, and a peer that answers lives on until then', async (t) => {
  const { port } = await startServer(t, {
    limits: { connectionAgeMs: 300, connectionGraceMs: 50, keepAliveMs: 20, keepAliveTimeoutMs: 5000 },
  });
  const { certificatePem: cert, key } = envoySide;
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: caPem, cert, key: pemOf(key) });
  let pings = 0;
  session.on('ping', () => pings++);
  const [code] = await once(session, 'goaway');
  t.equal(code, http2.constants.NGHTTP2_NO_ERROR);
  t.ok(pings > 0);
  if (!session.closed) await once(session, 'close');
});

t.test('what it cannot listen on, or with', async (t) => {
  const { address } = await startServer(t);
  const start = (listen: string, credentials = serverTls()) =>
    startAgentServer({ listen, tls: credentials, handlers: ECHO, peerIdentity: parseEnvoyUri, isActive: () => true });
  await t.rejects(start(address), { name: 'RpcError', code: 'listen' }, 'taken');
  await t.rejects(start('127.0.0.1'), { name: 'BaseError', code: 'bad_address' });
  const anywhere = '127.0.0.1:0';
  for (const wrong of [
    { ...serverTls(), caPem: '' },
    { ...serverTls(), caPem: 'junk' },
    { ...serverTls(), certificatePem: '' },
    { ...serverTls(), key: makeServer(ca).key },
  ]) {
    await t.rejects(start(anywhere, wrong), { name: 'RpcError', code: 'bad_credentials' });
  }
});

t.test('several CAs count; the connections of one that counts no more end, and the others go on', async (t) => {
  const successor = makeCa();
  const streams: AbortSignal[] = [];
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      wakeUp(_, { closed }) {
        streams.push(closed);
        return aborted(closed);
      },
    },
  });
  const tls = { ...makeServer(successor), caPem: caPem + successor.certificatePem };
  server.useTls(tls);
  const trusting = { caPem: successor.certificatePem };
  const old = await connect(t, server.address, trusting);
  const next = await connect(t, server.address, { ...makeEnvoy(successor), ...trusting });
  for (const channel of [old, next]) t.same(await channel.call('CheckIn', REQUEST), REQUEST, 'both count');
  const hints = old.wakeUp(REQUEST, () => {}, new AbortController().signal).catch((error) => error.code);
  while (streams.length === 0) await new Promise((resolve) => setImmediate(resolve));

  server.useTls({ ...tls, caPem: successor.certificatePem });
  t.equal(await hints, 'unavailable');
  await t.rejects(old.call('CheckIn', REQUEST), { code: 'unavailable' });
  t.same(await next.call('CheckIn', REQUEST), REQUEST);
  t.equal(await isServed(server.port, { ...shown(envoySide), ca: successor.certificatePem }), false);
});
