import { once } from 'node:events';
import http2 from 'node:http2';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { agentService } from '../../lib/rpc/service.js';
import type { AgentMethod } from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';
import { aborted, ca, connect, deferred, ECHO, envoySide, REQUEST, startServer } from './test-rpc.js';

const h2Options = { ca: ca.certificatePem, cert: envoySide.certificatePem, key: pemOf(envoySide.key) };
const never = () => new Promise<Uint8Array>(() => {});
const limits = { callTimeoutMs: 10 };

t.test('a handler that takes too long', async (t) => {
  const server = await startServer(t, { limits, handlers: { ...ECHO, checkIn: never } });
  const channel = await connect(t, server.address);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'deadline' });
});

/** A message of two bytes as gRPC frames it, and its beginning. */
const WHOLE = Buffer.of(0, 0, 0, 0, 2, 42, 42);
const HALF = WHOLE.subarray(0, 6);

function begin(session: http2.ClientHttp2Session, method: AgentMethod, headers = {}): http2.ClientHttp2Stream {
  return session.request({
    ':method': 'POST',
    ':path': agentService[method].path,
    'content-type': 'application/grpc',
    te: 'trailers',
    ...headers,
  });
}

t.test('a request that never arrives whole takes its connection with it', async (t) => {
  const { port } = await startServer(t, { limits });
  for (const method of ['CheckIn', 'WakeUp'] as const) {
    for (const sent of [Buffer.of(), HALF, WHOLE]) {
      const session = http2.connect(`https://127.0.0.1:${port}`, h2Options);
      const stream = begin(session, method);
      stream.write(sent);
      const [headers] = await once(stream, 'response');
      t.equal(headers['grpc-status'], String(status.DEADLINE_EXCEEDED), method);
      await once(session, 'close');
    }
  }
});

t.test('an answer that is not taken takes its connection with it', async (t) => {
  const { port } = await startServer(t, { limits: { callTimeoutMs: 100 } });
  const session = http2.connect(`https://127.0.0.1:${port}`, { ...h2Options, settings: { initialWindowSize: 0 } });
  const stream = begin(session, 'CheckIn');
  stream.end(WHOLE);
  let bytes = 0;
  stream.on('data', (chunk) => {
    bytes += chunk.length;
  });
  await once(session, 'close');
  t.equal(bytes, 0);
});

t.test('a deadline of its own does not let a client leave a request half-sent', async (t) => {
  const { port } = await startServer(t, { limits: { callTimeoutMs: 100 } });
  const session = http2.connect(`https://127.0.0.1:${port}`, h2Options);
  const stream = begin(session, 'CheckIn', { 'grpc-timeout': '1m' });
  stream.write(HALF);
  await once(stream, 'response');
  await once(session, 'close');
});

t.test('a call that was given up leaves its connection to the others', async (t) => {
  const called = deferred();
  const server = await startServer(t, {
    limits: { ...limits, maxCallsPerEnvoy: 100 },
    handlers: {
      ...ECHO,
      checkIn: never,
      wakeUp: async (_, stream) => {
        called.resolve();
        await aborted(stream.closed);
      },
    },
  });
  const channel = await connect(t, server.address);
  let open = true;
  const stop = new AbortController();
  const stream = channel
    .wakeUp(REQUEST, () => {}, stop.signal)
    .finally(() => {
      open = false;
    });
  await called.promise;
  for (let i = 0; i < 20; i++) await t.rejects(channel.call('CheckIn', REQUEST), { code: 'deadline' });
  t.ok(open);
  stop.abort();
  await stream;
});

t.test('a wake-up stream stays open', async (t) => {
  const hinted = deferred();
  const server = await startServer(t, {
    limits,
    handlers: {
      ...ECHO,
      checkIn: never,
      wakeUp: async (_, stream) => {
        await hinted.promise;
        stream.send();
        await aborted(stream.closed);
      },
    },
  });
  const channel = await connect(t, server.address);
  const stop = new AbortController();
  let hints = 0;
  const stream = channel.wakeUp(
    REQUEST,
    () => {
      hints++;
      stop.abort();
    },
    stop.signal,
  );
  // Once a call that began later has run out of time, so would have the stream.
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'deadline' });
  hinted.resolve();
  await stream;
  t.equal(hints, 1);
});

t.test('who is refused before the request is whole keeps the connection', async (t) => {
  const { port } = await startServer(t, { limits: { ...limits, maxCalls: 0 } });
  const [refused, late] = [0, 1].map(() => http2.connect(`https://127.0.0.1:${port}`, h2Options));
  if (refused === undefined || late === undefined) throw new Error('no session');
  const [headers] = await once(begin(refused, 'CheckIn'), 'response');
  t.equal(headers['grpc-status'], String(status.RESOURCE_EXHAUSTED));
  begin(late, 'WakeUp').on('error', () => {});
  await once(late, 'close');
  // Later than the time of the refused call ended, and its last word.
  await t.resolves(
    new Promise<void>((resolve, reject) => refused.ping((error) => (error ? reject(error) : resolve()))),
  );
  refused.destroy();
});
