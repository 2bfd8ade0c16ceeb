import t from 'tap';
import type { HintStream } from '../../lib/rpc/index.js';
import { Rejection } from '../../lib/wire/index.js';
import { aborted, connect, deferred, ECHO, REQUEST, startServer } from './test-rpc.js';

t.test('hints arrive, and merge where the envoy has not taken the last one', async (t) => {
  let open: HintStream | undefined;
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      wakeUp: async (_, stream) => {
        open = stream;
        for (let i = 0; i < 1000; i++) stream.send();
        await aborted(stream.closed);
      },
      checkIn: async (call) => {
        open?.end();
        return call.bytes;
      },
    },
  });
  const channel = await connect(t, server.address);
  const first = deferred();
  let hints = 0;
  const stream = channel.wakeUp(
    REQUEST,
    () => {
      if (++hints === 2) first.resolve();
    },
    new AbortController().signal,
  );
  await first.promise;
  await channel.call('CheckIn', REQUEST);
  await stream;
  t.equal(hints, 2);
});

t.test('the agent ends the stream', async (t) => {
  const closed = deferred();
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      wakeUp: async (_, stream) => {
        stream.send();
        await aborted(stream.closed);
        stream.send();
        stream.end();
        closed.resolve();
      },
    },
  });
  const channel = await connect(t, server.address);
  const stop = new AbortController();
  await channel.wakeUp(REQUEST, () => stop.abort(), stop.signal);
  await closed.promise;
  await channel.wakeUp(REQUEST, () => t.fail('this stream was never opened'), stop.signal);
});

t.test('the server ends the stream, or refuses it', async (t) => {
  let refusal: Error | undefined;
  const server = await startServer(t, {
    handlers: {
      ...ECHO,
      wakeUp: async (_, stream) => {
        if (refusal !== undefined) throw refusal;
        stream.end();
        t.equal(stream.closed.aborted, true);
        throw new Error('too late to be anything');
      },
    },
  });
  const channel = await connect(t, server.address);
  const { signal } = new AbortController();
  const open = () => channel.wakeUp(REQUEST, () => t.fail('no hint was sent'), signal);
  await open();
  refusal = new Rejection('replay', 'again', { highestSequence: 12 });
  await t.rejects(open(), { name: 'Rejection', code: 'replay', highestSequence: 12 });
  refusal = new TypeError('hunter2');
  await t.rejects(open(), { name: 'RpcError', code: 'failed' });
});
