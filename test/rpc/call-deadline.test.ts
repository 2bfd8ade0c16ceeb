import { once } from 'node:events';
import http2 from 'node:http2';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { agentService } from '../../lib/rpc/service.js';
import { aborted, ca, connect, deferred, ECHO, envoySide, REQUEST, startServer } from './test-rpc.js';

const never = () => new Promise<Uint8Array>(() => {});
const limits = { callTimeoutMs: 10 };

t.test('a handler that takes too long', async (t) => {
  const server = await startServer(t, { limits, handlers: { ...ECHO, checkIn: never } });
  const channel = await connect(t, server.address);
  await t.rejects(channel.call('CheckIn', REQUEST), { name: 'RpcError', code: 'deadline' });
});

t.test('a request that never arrives whole', async (t) => {
  const { port } = await startServer(t, { limits });
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    ca: ca.certificatePem,
    cert: envoySide.certificatePem,
    key: envoySide.keyPem,
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': agentService.CheckIn.path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  stream.write(Buffer.of(0, 0, 0, 1, 0, 42)); // a message of 256 bytes begins
  const [headers] = await once(stream, 'response');
  session.destroy();
  t.equal(headers['grpc-status'], String(status.DEADLINE_EXCEEDED));
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
