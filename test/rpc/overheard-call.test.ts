import { Metadata, type ServerInterceptingCallInterface, status } from '@grpc/grpc-js';
import t from 'tap';
import { type CallListener, OverheardCall } from '../../lib/rpc/server/overheard-call.js';

/** A call that notes what it is told, and whoever listens to it. */
function recording() {
  const told: unknown[] = [];
  let listener: CallListener | undefined;
  const call = {
    start: (given: CallListener) => {
      listener = given;
    },
    sendMetadata: (metadata: Metadata) => told.push(metadata),
    sendMessage: (message: unknown, done: () => void) => {
      told.push(message);
      done();
    },
    sendStatus: (given: unknown) => told.push(given),
    getPeer: () => `192.0.2.1:${told.push('peer')}`,
  } as unknown as ServerInterceptingCallInterface;
  return { call, told, listener: () => listener };
}

t.test('an answer goes through as it is', async (t) => {
  const { call, told } = recording();
  const overheard = new OverheardCall(call, (listener) => listener);
  const [metadata, message, last] = [new Metadata(), Buffer.of(1), { code: status.OK, details: 'OK' }];
  overheard.sendMetadata(metadata);
  let done = false;
  overheard.sendMessage(message, () => {
    done = true;
  });
  overheard.sendStatus(last);
  t.ok(done);
  t.equal(told.length, 3);
  for (const [i, sent] of [metadata, message, last].entries()) t.equal(told[i], sent);
});

t.test('that there is an answer is heard once, whatever it is', async (t) => {
  const [last, message] = [{ code: status.OK, details: 'OK' }, Buffer.of(1)];
  for (const answer of [
    (call: OverheardCall) => call.sendStatus(last),
    (call: OverheardCall) => call.sendMessage(message, () => call.sendStatus(last)),
  ]) {
    let heard = 0;
    const listenIn = (listener: CallListener) => listener;
    const overheard = new OverheardCall(recording().call, listenIn, () => {
      heard++;
    });
    t.equal(heard, 0);
    answer(overheard);
    t.equal(heard, 1);
  }
});

t.test('what the call says is heard by the one who listens in', async (t) => {
  const { call, listener } = recording();
  const heard: string[] = [];
  const own = {
    onReceiveMetadata() {},
    onReceiveMessage() {},
    onReceiveHalfClose() {},
    onCancel: () => heard.push('own'),
  };
  new OverheardCall(call, (inner) => ({
    ...inner,
    onCancel: () => {
      heard.push('overheard');
      inner.onCancel();
    },
  })).start(own);
  listener()?.onCancel();
  t.same(heard, ['overheard', 'own']);
});

t.test('the peer is asked for once', async (t) => {
  const { call, told } = recording();
  const overheard = new OverheardCall(call, (listener) => listener);
  t.equal(overheard.getPeer(), overheard.getPeer());
  t.same(told, ['peer']);
});
