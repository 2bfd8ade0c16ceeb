import t from 'tap';
import { ReportQueue } from '../../lib/agent/contact/report-queue.js';
import { uuidFrom } from '../../lib/base/index.js';
import { randomBytes } from '../../lib/crypto/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import { MAX_RESULT_MESSAGE_CHARS, Rejection, type ResourceResult, type RunReport } from '../../lib/wire/index.js';
import { Responder } from './responder.js';

const same = (text: string) => text;

function report(startedAtMs: number, results: readonly ResourceResult[] = []): RunReport {
  const runId = uuidFrom(randomBytes(16));
  return { runId, startedAtMs, finishedAtMs: 1, policyVersion: 1, secretsEpoch: 1, results, failure: undefined };
}

t.test('reports arrive once each, the oldest first', async (t) => {
  const { responder, session } = await Responder.start();
  const queue = new ReportQueue();
  queue.add(report(1));
  queue.add(report(2));
  responder.isAway = true;
  await t.rejects(queue.deliver(session, same), { code: 'unavailable' });
  queue.add(report(3));
  responder.isAway = false;
  await queue.deliver(session, same);
  await queue.deliver(session, same);
  t.same(
    responder.reports.map(({ startedAtMs }) => startedAtMs),
    [1, 2, 3],
  );
});

t.test('each is redacted by what is known when it is sent', async (t) => {
  const { responder, session } = await Responder.start();
  const queue = new ReportQueue();
  const result = { configcrate: 'web', resource: 'it', type: 'exec', outcome: 'failed', durationMs: 1 } as const;
  queue.add({ ...report(1, [{ ...result, message: 'a hunter22' }]), failure: 'hunter22 it was' });
  responder.isAway = true;
  await t.rejects(queue.deliver(session, same));
  responder.isAway = false;
  await queue.deliver(session, (text) => text.replaceAll('hunter22', '[secret]'));
  t.match(responder.reports, [{ failure: '[secret] it was', results: [{ ...result, message: 'a [secret]' }] }]);
});

t.test('where they are too many, the oldest go', async (t) => {
  const { responder, session } = await Responder.start();
  const queue = new ReportQueue();
  for (let i = 1; i <= 103; i++) queue.add(report(i));
  t.equal(queue.length, 100);
  await queue.deliver(session, same);
  t.match(responder.reports[0], { startedAtMs: 4 });
});

t.test('one that the server calls wrong is dropped, one that it refuses for now stays', async (t) => {
  for (const [refusal, left] of [
    [new Rejection('malformed', 'no'), 0],
    [new RpcError('invalid', 'no'), 0],
    [new RpcError('too_large', 'no'), 0],
    [new Rejection('unknown', 'no'), 1],
    [new Rejection('clone', 'no'), 1],
    [new Rejection('busy', 'later'), 1],
    [new RpcError('failed', 'no'), 1],
  ] as const) {
    const { responder, session } = await Responder.start();
    const queue = new ReportQueue();
    queue.add(report(1));
    responder.refusals.ReportRun = [refusal];
    await queue.deliver(session, same).catch((error) => t.equal(error, refusal));
    t.equal(queue.length, left, refusal.code);
  }
});

t.test('messages are cut as far as a report would be too large to send', async (t) => {
  const result: ResourceResult = {
    configcrate: 'web-server',
    resource: 'the settings of the web server',
    type: 'file',
    outcome: 'failed',
    message: 'x'.repeat(MAX_RESULT_MESSAGE_CHARS),
    durationMs: 1,
  };
  for (const [results, chars] of [
    [200, MAX_RESULT_MESSAGE_CHARS],
    [300, 400],
    [5000, 100],
    [10_000, 0],
  ] as const) {
    const { responder, session } = await Responder.start();
    const queue = new ReportQueue();
    queue.add(report(1, Array(results).fill(result)));
    await queue.deliver(session, same);
    t.equal(responder.reports[0]?.results.length, results);
    t.equal(responder.reports[0]?.results.at(-1)?.message.length, chars);
  }
});
