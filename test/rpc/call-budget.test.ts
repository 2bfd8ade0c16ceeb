import { once } from 'node:events';
import http2 from 'node:http2';
import { status } from '@grpc/grpc-js';
import t from 'tap';
import { parseEnvoyId } from '../../lib/base/index.js';
import { agentService } from '../../lib/rpc/service.js';
import { decodeRejection, REJECTION_TRAILER } from '../../lib/wire/index.js';
import { makeEnvoy, pemOf } from '../pki/test-pki.js';
import { aborted, ca, connect, deferred, ECHO, envoySide, REQUEST, startServer } from './test-rpc.js';

const busy = { name: 'Rejection', code: 'busy', kind: 'exhausted' };
const otherSide = makeEnvoy(ca, undefined, undefined, parseEnvoyId('00000000-0000-4000-8000-0000000000ff'));

/** A server that answers a check-in when it is told to. */
async function slowServer(
  t: Parameters<typeof startServer>[0],
  limits: { maxCalls?: number; maxCallsPerEnvoy?: number },
) {
  const answer = deferred();
  let handled = 0;
  const arrived = deferred();
  const server = await startServer(t, {
    limits: { maxCalls: 100, maxCallsPerEnvoy: 100, ...limits },
    handlers: {
      ...ECHO,
      checkIn: async (call) => {
        if (++handled === 2) arrived.resolve();
        await answer.promise;
        return call.bytes;
      },
      wakeUp: (_, stream) => aborted(stream.closed),
    },
  });
  return { ...server, answer, arrived, handled: () => handled };
}

t.test('an envoy has so many calls at one time, over all of its connections', async (t) => {
  const server = await slowServer(t, { maxCallsPerEnvoy: 2 });
  const [one, two] = [await connect(t, server.address), await connect(t, server.address)];
  const underWay = [one.call('CheckIn', REQUEST), two.call('CheckIn', REQUEST)];
  await server.arrived.promise;
  await t.rejects(one.call('CheckIn', REQUEST), busy);
  await t.rejects(two.call('ReportRun', REQUEST), busy, 'whatever it is that is called');
  const other = await connect(t, server.address, otherSide);
  await t.resolves(other.call('ReportRun', REQUEST), 'another envoy has its own');
  const stop = new AbortController();
  const stream = one.wakeUp(REQUEST, () => {}, stop.signal);
  server.answer.resolve();
  for (const answer of await Promise.all(underWay)) t.same(answer, REQUEST);
  t.equal(server.handled(), 2, 'what was refused reached no handler');
  for (let i = 0; i < 5; i++) await t.resolves(one.call('CheckIn', REQUEST), 'and is free again');
  stop.abort();
  await stream;
});

t.test('all of them together have so many', async (t) => {
  const server = await slowServer(t, { maxCalls: 2 });
  const one = await connect(t, server.address);
  const other = await connect(t, server.address, otherSide);
  const underWay = [one.call('CheckIn', REQUEST), other.call('CheckIn', REQUEST)];
  await server.arrived.promise;
  await t.rejects(other.call('ReportRun', REQUEST), busy);
  server.answer.resolve();
  await Promise.all(underWay);
  await t.resolves(other.call('ReportRun', REQUEST));
});

t.test('who breaks off what it asked for has no room for more until the server is done with it', async (t) => {
  const server = await slowServer(t, { maxCallsPerEnvoy: 2 });
  const leaving = await connect(t, server.address);
  const underWay = [leaving.call('CheckIn', REQUEST), leaving.call('CheckIn', REQUEST)];
  await server.arrived.promise;
  leaving.close();
  await Promise.allSettled(underWay);
  const back = await connect(t, server.address);
  for (let i = 0; i < 20; i++) await t.rejects(back.call('ReportRun', REQUEST), busy);
  server.answer.resolve();
  for (;;) {
    const again = await back.call('ReportRun', REQUEST).catch((error) => error.code);
    if (again !== 'busy') break;
  }
  await t.resolves(back.call('ReportRun', REQUEST));
});

t.test('it is RESOURCE_EXHAUSTED on the wire, before the message is there', async (t) => {
  const { port } = await slowServer(t, { maxCalls: 0 });
  const { certificatePem: cert, key } = envoySide;
  const session = http2.connect(`https://127.0.0.1:${port}`, { ca: ca.certificatePem, cert, key: pemOf(key) });
  const stream = session.request({
    ':method': 'POST',
    ':path': agentService.ReportRun.path,
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const [headers] = await once(stream, 'response');
  t.equal(headers['grpc-status'], String(status.RESOURCE_EXHAUSTED));
  t.match(decodeRejection(Buffer.from(headers[REJECTION_TRAILER], 'base64'), ''), { code: 'busy' });
  session.destroy();
});
