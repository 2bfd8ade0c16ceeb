import t from 'tap';
import { keepWakeUp } from '../../lib/agent/contact/wake-up.js';
import { RpcError } from '../../lib/rpc/index.js';
import { Rejection } from '../../lib/wire/index.js';

const soon = () => -1; // no wait between two tries

t.test('a stream that ends or breaks is opened again, until told to stop', async (t) => {
  const stop = new AbortController();
  let opened = 0;
  let hints = 0;
  const session = {
    async wakeUp(onHint: () => void) {
      onHint();
      if (++opened === 4) stop.abort();
      if (opened % 2 === 0) throw new RpcError('unavailable', 'it broke');
    },
  };
  await keepWakeUp(session, () => hints++, stop.signal, soon);
  t.equal(opened, 4);
  t.equal(hints, 5, 'one each, and one because the second ended in the same way as the first');
});

t.test('where none can be opened, one check-in is worth trying', async (t) => {
  for (const [problem, expected] of [
    [new RpcError('unavailable', 'nobody there'), 1],
    [new Rejection('unknown', 'this server knows no such envoy'), 0],
  ] as const) {
    const stop = new AbortController();
    let tries = 0;
    let hints = 0;
    const session = {
      async wakeUp() {
        if (++tries === 10) stop.abort();
        throw problem;
      },
    };
    await keepWakeUp(session, () => hints++, stop.signal, soon);
    t.equal(hints, expected, problem.code);
  }
});

t.test('a machine that was revoked checks in once, so that vigo status says so', async (t) => {
  const stop = new AbortController();
  const session = {
    async wakeUp() {
      throw new Rejection('revoked', 'this envoy is revoked');
    },
  };
  await keepWakeUp(session, () => stop.abort(), stop.signal, soon);
  t.ok(stop.signal.aborted);
});

t.test('a defect is not taken for bad weather', async (t) => {
  const session = {
    async wakeUp() {
      throw new TypeError('defect');
    },
  };
  await t.rejects(
    keepWakeUp(session, () => {}, new AbortController().signal, soon),
    TypeError,
  );
});
