import { once } from 'node:events';
import http2 from 'node:http2';
import net from 'node:net';
import { Client, credentials, type ServiceError, status } from '@grpc/grpc-js';
import t from 'tap';
import { BaseError } from '../../lib/base/index.js';
import { tlsContext } from '../../lib/rpc/credentials.js';
import type { AgentCall } from '../../lib/rpc/index.js';
import { agentService } from '../../lib/rpc/service.js';
import { type AgentMethod, maxRequestBytes, Rejection, WireError } from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';
import { aborted, ca, connect, deferred, ECHO, envoySide, REQUEST, startServer } from './test-rpc.js';

const UNARY = ['CheckIn', 'ResolveSecrets', 'ReportRun'] as const;
const envoyTls = { ...envoySide, caPem: ca.certificatePem };

/** A client with an envoy's certificate that keeps to no limit. */
async function callUnbounded(address: string, method: AgentMethod, request: Uint8Array): Promise<ServiceError | null> {
  const client = new Client(address, credentials.createFromSecureContext(tlsContext(envoyTls)), {
    'grpc.ssl_target_name_override': 'localhost',
    'grpc.max_send_message_length': -1,
  });
  const { path, requestSerialize, responseDeserialize } = agentService[method];
  const failure = await new Promise<ServiceError | null>((resolve) => {
    client.makeUnaryRequest(path, requestSerialize, responseDeserialize, request, resolve);
  });
  client.close();
  return failure;
}

t.test('each method reaches its handler with exactly its bytes', async (t) => {
  const seen: AgentCall[] = [];
  const answer = (text: string) => async (call: AgentCall) => {
    seen.push(call);
    return Buffer.from(text);
  };
  const server = await startServer(t, {
    handlers: { ...ECHO, checkIn: answer('a'), resolveSecrets: answer('b'), reportRun: answer('c') },
  });
  const channel = await connect(t, server.address);
  for (const [i, method] of UNARY.entries()) {
    const request = Uint8Array.of(0xff, i, 0);
    t.same(await channel.call(method, request), Buffer.from('abc'.charAt(i)));
    t.match(seen[i], { method, bytes: Buffer.from(request) });
  }
  t.same(
    await channel.call('CheckIn', new Uint8Array()),
    Buffer.from('a'),
    'nothing at all is for the decoder to judge',
  );
});

t.test("a handler's error and its way to the agent", async (t) => {
  let error: unknown;
  const faults: unknown[] = [];
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      checkIn: async () => {
        throw error;
      },
    },
    onError: (fault, method, peer) => faults.push([fault, method, peer?.remoteAddress]),
  });
  const channel = await connect(t, server.address);
  const instance = Buffer.alloc(16, 9);
  for (const [thrown, expected] of [
    [new Rejection('instance', 'another', { instance }), { name: 'Rejection', code: 'instance', instance }],
    [new Rejection('revoked', 'gone'), { name: 'Rejection', code: 'revoked', kind: 'denied', message: 'gone' }],
    [new WireError('malformed', 'wrong'), { name: 'RpcError', code: 'invalid', message: /wrong/ }],
    [new BaseError('bad_id', 'wrong'), { name: 'RpcError', code: 'invalid' }],
  ] as const) {
    error = thrown;
    await t.rejects(channel.call('CheckIn', REQUEST), expected);
  }
  t.same(faults, []);
  error = new TypeError('the value was hunter2');
  const got = await channel.call('CheckIn', REQUEST).catch((caught) => caught);
  t.match(got, { name: 'RpcError', code: 'failed' });
  t.notMatch(JSON.stringify([got.message, got.cause]), /hunter2/);
  t.same(faults, [[error, 'CheckIn', '127.0.0.1']]);
});

t.test('a request that is too large reaches no handler', async (t) => {
  const calls: AgentCall[] = [];
  const handle = async (call: AgentCall) => Buffer.of(calls.push(call));
  const server = await startServer(t, { handlers: { ...ECHO, checkIn: handle, reportRun: handle } });
  for (const method of ['CheckIn', 'ReportRun'] as const) {
    const limit = maxRequestBytes[method];
    t.match(await callUnbounded(server.address, method, new Uint8Array(limit + 1)), {
      code: status.RESOURCE_EXHAUSTED,
    });
    t.same(calls, []);
    t.equal(await callUnbounded(server.address, method, new Uint8Array(limit)), null);
    t.equal(calls.pop()?.bytes.length, limit);
  }
});

t.test('a method that does not exist', async (t) => {
  const server = await startServer(t);
  const client = new Client(server.address, credentials.createFromSecureContext(tlsContext(envoyTls)), {
    'grpc.ssl_target_name_override': 'localhost',
  });
  const same = (bytes: Buffer) => bytes;
  const failure = await new Promise((resolve) => {
    client.makeUnaryRequest('/vigo.v1.VigoAgent/Reveal', same, same, Buffer.of(), resolve);
  });
  client.close();
  t.match(failure, { code: status.UNIMPLEMENTED });
});

t.test('a connection carries so many calls and no more', async (t) => {
  const { port } = await startServer(t, { limits: { maxConcurrentCalls: 3 } });
  const session = http2.connect(`https://127.0.0.1:${port}`, {
    ca: ca.certificatePem,
    cert: envoySide.certificatePem,
    key: pemOf(envoySide.key),
  });
  const [settings] = await once(session, 'remoteSettings');
  session.destroy();
  t.equal(settings.maxConcurrentStreams, 3);
});

t.test('close lets calls finish and takes no new ones', async (t) => {
  const called = deferred();
  const answer = deferred<Uint8Array>();
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      checkIn: () => {
        called.resolve();
        return answer.promise;
      },
    },
  });
  const channel = await connect(t, server.address);
  const call = channel.call('CheckIn', REQUEST);
  await called.promise;
  let done = false;
  const closed = server.close({ graceMs: 60_000 }).then(() => {
    done = true;
  });
  const late = await connect(t, server.address);
  await t.rejects(late.call('CheckIn', REQUEST), { name: 'RpcError', code: 'unavailable' });
  t.equal(done, false);
  answer.resolve(Buffer.from('still here'));
  t.same(await call, Buffer.from('still here'));
  await closed;
});

t.test('close ends wake-up streams without an error', async (t) => {
  const opened = deferred();
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      wakeUp: async (_, stream) => {
        opened.resolve();
        await aborted(stream.closed);
      },
    },
  });
  const channel = await connect(t, server.address);
  const stream = channel.wakeUp(REQUEST, () => {}, new AbortController().signal);
  await opened.promise;
  await server.close({ graceMs: 60_000 });
  await stream;
});

t.test('after the grace what is left is broken', async (t) => {
  const called = deferred();
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      checkIn: () => {
        called.resolve();
        return new Promise(() => {});
      },
    },
  });
  const silent = net.connect(server.port, '127.0.0.1');
  silent.on('error', () => {});
  await once(silent, 'connect');
  const channel = await connect(t, server.address);
  const call = channel.call('CheckIn', REQUEST).catch((error) => error);
  await called.promise;
  await Promise.all([server.close({ graceMs: 1 }), server.close({ graceMs: 60_000 })]);
  t.match(await call, { name: 'RpcError', code: 'unavailable' });
});
