import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import t, { type Test } from 'tap';
import type { ConnectionLimits } from '../../../lib/server/http/connections.js';
import { deferred } from '../../rpc/test-rpc.js';
import { makeServer } from '../kit.js';

const REQUEST = 'GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n';

/** A server that listens on loopback, and the two ways to come to it. */
async function listen(t: Test, limits: Partial<ConnectionLimits>, answer?: () => Promise<string>) {
  const { app, ca, paths } = await makeServer(t, limits);
  if (answer !== undefined) app.get('/slow', answer);
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as net.AddressInfo;
  return {
    app,
    paths,
    async plain(): Promise<net.Socket> {
      const socket = net.connect({ port, host: '127.0.0.1' }).resume();
      socket.on('error', () => {});
      await once(socket, 'connect');
      return socket;
    },
    /** @param from the client's address */
    async secure(from = '127.0.0.1'): Promise<tls.TLSSocket> {
      const socket = tls.connect({
        port,
        host: '127.0.0.1',
        ca: ca.certificatePem,
        ...{ localAddress: from, ALPNProtocols: ['http/1.1'] },
      });
      await once(socket, 'secureConnect');
      socket.on('error', () => {});
      return socket.resume();
    },
  };
}

t.test('a silent connection is cut off in its handshake', async (t) => {
  const { plain } = await listen(t, { handshakeTimeoutMs: 20 });
  await once(await plain(), 'close');
});

t.test('a connection without a whole request is cut off', async (t) => {
  const headersTimeoutMs = 20;
  const requestTimeoutMs = 50;
  const { secure } = await listen(t, { headersTimeoutMs, requestTimeoutMs });
  for (const sent of [
    '',
    'GET /healthz HT',
    REQUEST.slice(0, -2),
    'POST /enroll HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
  ]) {
    const socket = await secure();
    socket.write(sent);
    await once(socket, 'close');
  }
});

t.test('who does not take what he asked for is cut off', async (t) => {
  const { app, paths, secure } = await listen(t, { answerTimeoutMs: 200 });
  // More than the buffers on the way take.
  const program = Buffer.alloc(15 * 1024 * 1024);
  writeFileSync(join(paths.root, 'vigo.mjs'), program);
  const reader = await secure();
  const closed = once(reader, 'close');
  const asked = once(app.server, 'request');
  reader.pause();
  reader.write('GET /enroll/agent HTTP/1.1\r\nhost: localhost\r\n\r\n');
  const [, answer] = await asked;
  await once(answer, 'close');
  t.equal(answer.statusCode, 200);
  reader.resume();
  await closed;
  t.ok(reader.bytesRead < program.length, 'what it has is not all of it');
});

t.test('a connection that nothing is asked over any more is closed', async (t) => {
  const { secure } = await listen(t, { keepAliveTimeoutMs: 20 });
  const socket = await secure();
  socket.write(REQUEST);
  const [answer] = await once(socket, 'data');
  t.match(String(answer), /^HTTP\/1.1 200 /);
  await once(socket, 'close');
});

t.test('one network has so many connections, those in their handshake included', async (t) => {
  const { app, plain, secure } = await listen(t, { maxConnectionsPerNetwork: 2 });
  const accepting = once(app.server, 'connection');
  const silent = await plain();
  const [accepted] = await accepting;
  const served = await secure();
  await t.rejects(secure(), { code: 'ECONNRESET' });
  await once(await plain(), 'close');
  const elsewhere = await secure('127.0.0.2');

  silent.destroy();
  await once(accepted, 'close');
  const another = await secure();
  for (const socket of [served, elsewhere, another]) {
    socket.write(REQUEST);
    const [answer] = await once(socket, 'data');
    t.match(String(answer), /^HTTP\/1.1 200 /);
  }
});

t.test('all of them together have so many', async (t) => {
  const { plain, secure } = await listen(t, { maxConnections: 1 });
  const silent = await plain();
  await t.rejects(secure('127.0.0.2'), { code: 'ECONNRESET' });
  silent.destroy();
});

t.test('a silent connection does not keep the server from stopping', async (t) => {
  const { app, plain } = await listen(t, { handshakeTimeoutMs: 3_600_000 });
  const silent = await plain();
  const ended = once(silent, 'close');
  await app.close();
  await ended;
});

/** A server that was asked for something, over one of three connections, and has no answer yet. */
async function askedFor(t: Test, answer: Promise<string>, limits: Partial<ConnectionLimits>) {
  const asked = deferred();
  const { app, secure, plain } = await listen(t, limits, () => {
    asked.resolve();
    return answer;
  });
  const [asker, idle, silent] = [await secure(), await secure(), await plain()];
  asker.write('GET /slow HTTP/1.1\r\nhost: localhost\r\n\r\n');
  await asked.promise;
  return { app, asker, others: [idle, silent], plain };
}

t.test('the server stops: what is asked for is answered, and every other connection ends', async (t) => {
  const answer = deferred<string>();
  const { app, asker, others, plain } = await askedFor(t, answer.promise, { drainMs: 3_600_000 });
  const ended = others.map((socket) => once(socket, 'close'));
  const closed = app.close();
  await Promise.all(ended);
  await once(await plain(), 'close');
  t.notOk(asker.closed, 'there is nothing new meanwhile');
  let text = '';
  asker.on('data', (chunk) => {
    text += chunk;
  });
  const done = once(asker, 'close');
  answer.resolve('what was asked for');
  await Promise.all([done, closed]);
  t.match(text, /^HTTP\/1.1 200 .*what was asked for$/s);
});

t.test('the server stops, and does not wait for ever', async (t) => {
  const { app, asker } = await askedFor(t, new Promise(() => {}), { drainMs: 20 });
  const ended = once(asker, 'close');
  await Promise.all([app.close(), ended]);
  t.pass('what is owed then is owed for good');
});
