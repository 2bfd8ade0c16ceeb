import http2 from 'node:http2';
import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import t, { type Test } from 'tap';
import type { KeyedCertificate } from '../../lib/pki/index.js';
import { type ChannelOptions, connectAgent } from '../../lib/rpc/index.js';
import { MAX_ANSWER_BYTES, maxRequestBytes } from '../../lib/wire/index.js';
import { makeCa, makeEnvoy, makeServer, pemOf } from '../pki/test-pki.js';
import { aborted, ca, connect, deferred, ECHO, envoySide, REQUEST, serverSide, startServer } from './test-rpc.js';

/** A server with any certificate that asks for none; it notes which requests get to it, and answers none. */
async function startStranger(
  t: Test,
  { certificatePem, key }: KeyedCertificate,
  options: http2.SecureServerOptions = {},
) {
  const requests: string[] = [];
  const server = http2.createSecureServer({ cert: certificatePem, key: pemOf(key), ...options });
  server.on('stream', (stream, headers) => {
    requests.push(String(headers[':path']));
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': 13 }, { endStream: true });
  });
  server.on('sessionError', () => {});
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}

t.test('only the server that our CA vouches for gets a request', async (t) => {
  const rogue = makeCa();
  const rogueServer = makeServer(rogue);
  const rogueChain = rogueServer.certificatePem + rogue.certificatePem;
  const elsewhere = { nowMs: () => Date.now() - 4000 * 86_400_000 };
  const oldCa = makeCa(elsewhere, 9000);
  const rows: [string, KeyedCertificate, boolean, Partial<ChannelOptions['tls']>?][] = [
    ['the right one', serverSide, true],
    ['of another CA', rogueServer, false],
    ['a rogue chain', { ...rogueServer, certificatePem: rogueChain }, false],
    [
      "a rogue chain with our CA's certificate",
      { ...rogueServer, certificatePem: rogueChain + ca.certificatePem },
      false,
    ],
    ["an envoy's certificate", envoySide, false],
    ["the CA's own certificate", ca, false],
    ['an expired one', makeServer(oldCa, elsewhere), false, { caPem: oldCa.certificatePem }],
    ['the right one under another name', serverSide, false, { serverName: 'vigo.example.org' }],
    ['the right one under its name', serverSide, true, { serverName: 'localhost' }],
  ];
  for (const [what, certificate, reaches, tls] of rows) {
    const stranger = await startStranger(t, certificate);
    const channel = await connect(t, stranger.address, tls);
    await t.rejects(
      channel.call('CheckIn', REQUEST),
      { name: 'RpcError', code: reaches ? 'failed' : 'unavailable' },
      what,
    );
    t.equal(stranger.requests.length, reaches ? 1 : 0, what);
  }
});

t.test('a server that speaks TLS 1.2 at most', async (t) => {
  const stranger = await startStranger(t, serverSide, { maxVersion: 'TLSv1.2' });
  const channel = await connect(t, stranger.address);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'unavailable' });
  t.same(stranger.requests, []);
});

t.test('an envoy that the server does not take', async (t) => {
  const server = await startServer(t);
  const channel = await connect(t, server.address, makeEnvoy(makeCa()));
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'unavailable' });
});

t.test('no second try', async (t) => {
  const server = http2.createSecureServer({ cert: serverSide.certificatePem, key: pemOf(serverSide.key) });
  let requests = 0;
  server.on('stream', (stream) => {
    requests++;
    stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': 14 }, { endStream: true });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  t.teardown(() => server.close());
  const channel = await connect(t, `127.0.0.1:${(server.address() as AddressInfo).port}`);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'unavailable' });
  t.equal(requests, 1);
});

t.test('nobody there', async (t) => {
  const server = await startServer(t);
  await server.close({ graceMs: 0 });
  const channel = await connect(t, server.address);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'unavailable' });
});

t.test('no address is warned about or spelled as a name', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const server = await startServer(t);
  await (await connect(t, server.address)).call('CheckIn', REQUEST);
  t.same(warnings, []);
});

const hasIpv6 = networkInterfaces().lo?.some(({ address }) => address === '::1') ?? false;

t.test('IPv6', { skip: !hasIpv6 && 'this machine has no IPv6' }, async (t) => {
  const server = await startServer(t, { listen: '[::1]:0' });
  t.match(server.address, /^\[::1\]:\d+$/);
  t.same(await (await connect(t, server.address)).call('CheckIn', REQUEST), REQUEST);
});

t.test('the largest messages', async (t) => {
  let answer = new Uint8Array(MAX_ANSWER_BYTES);
  const server = await startServer(t, { handlers: { ...ECHO, checkIn: async () => answer } });
  const channel = await connect(t, server.address);
  t.equal((await channel.call('CheckIn', REQUEST)).length, MAX_ANSWER_BYTES);
  answer = new Uint8Array(MAX_ANSWER_BYTES + 1);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'too_large' });
  const report = new Uint8Array(maxRequestBytes.ReportRun);
  t.equal((await channel.call('ReportRun', report)).length, report.length);
  await t.rejects(channel.call('ReportRun', new Uint8Array(report.length + 1)), {
    name: 'RpcError',
    code: 'too_large',
  });
});

t.test('a call has a deadline', async (t) => {
  const server = await startServer(t, { handlers: { ...ECHO, checkIn: () => new Promise(() => {}) } });
  const channel = await connect(t, server.address, {}, { CheckIn: 20 });
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'deadline' });
});

t.test('close breaks off what is under way', async (t) => {
  const called = deferred();
  const opened = deferred();
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      checkIn: () => {
        called.resolve();
        return new Promise(() => {});
      },
      wakeUp: async (_, stream) => {
        opened.resolve();
        await aborted(stream.closed);
      },
    },
  });
  const channel = await connect(t, server.address);
  const cancelled = { name: 'RpcError', code: 'cancelled' };
  const { signal } = new AbortController();
  const call = t.rejects(channel.call('CheckIn', REQUEST), cancelled);
  const stream = t.rejects(
    channel.wakeUp(REQUEST, () => {}, signal),
    cancelled,
  );
  await Promise.all([called.promise, opened.promise]);
  channel.close();
  await Promise.all([call, stream]);
  await t.rejects(channel.call('CheckIn', REQUEST), cancelled);
  await t.rejects(
    channel.wakeUp(REQUEST, () => {}, signal),
    cancelled,
  );
});

t.test('what it cannot connect with', async (t) => {
  const tls = { ...envoySide, caPem: ca.certificatePem };
  await t.rejects(connectAgent({ address: 'unix:/run/vigo.sock', tls }), { name: 'BaseError', code: 'bad_address' });
  for (const wrong of [{ caPem: '' }, { key: serverSide.key }, { certificatePem: 'junk' }]) {
    await t.rejects(connectAgent({ address: 'localhost:1530', tls: { ...tls, ...wrong } }), {
      name: 'RpcError',
      code: 'bad_credentials',
    });
  }
});
