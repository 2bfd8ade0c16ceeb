import fc from 'fast-check';
import t from 'tap';
import { RunReport as Message, Outcome } from '../../lib/gen/proto/vigo/v1/messages.js';
import { decodeRunReport, encodeRunReport, MAX_RESULT_MESSAGE_CHARS, type RunReport } from '../../lib/wire/index.js';
import { MAX_FAILURE_CHARS, MAX_RESULT_NAME_CHARS, MAX_RESULTS } from '../../lib/wire/limits.js';
import { counters, ENVOY_ID, envoyIds, survivesJunk, texts } from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };

const reports: fc.Arbitrary<RunReport> = fc.record({
  runId: envoyIds,
  startedAtMs: fc.nat(8_640_000_000_000_000),
  finishedAtMs: fc.nat(8_640_000_000_000_000),
  policyVersion: counters,
  secretsEpoch: counters,
  results: fc.array(
    fc.record({
      configcrate: texts(10),
      resource: texts(10),
      type: texts(10),
      outcome: fc.constantFrom('unchanged', 'changed', 'failed', 'skipped', 'would_change'),
      message: texts(30),
      durationMs: fc.nat(2 ** 32 - 1),
    }),
    { maxLength: 5 },
  ),
  failure: fc.option(
    texts(20).filter((text) => text !== ''),
    { nil: undefined },
  ),
});

const RESULT = {
  configcrate: 'web',
  resource: 'f',
  type: 'file',
  outcome: Outcome.OUTCOME_CHANGED,
  message: '',
  durationMs: 1,
};

/** One character more than the longest. */
const LONG_NAME = 'x'.repeat(MAX_RESULT_NAME_CHARS + 1);

function message(change: Partial<Message> = {}): Uint8Array {
  return Message.encode({
    runId: ENVOY_ID,
    startedAt: 1n,
    finishedAt: 2n,
    policyVersion: 3n,
    secretsEpoch: 4n,
    results: [RESULT],
    failure: '',
    ...change,
  }).finish();
}

t.test('decode then encode is the identity', async (t) => {
  fc.assert(
    fc.property(reports, (report) => {
      const bytes = encodeRunReport(report);
      const decoded = decodeRunReport(bytes);
      t.same(decoded, report);
      return Buffer.from(encodeRunReport(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test('a text that is too long is cut before it is sent, also in the middle of a character', async (t) => {
  const text = `${'x'.repeat(MAX_RESULT_MESSAGE_CHARS - 1)}\u{1f600}`;
  const result = {
    configcrate: 'web',
    resource: 'f',
    type: 'file',
    outcome: 'failed',
    message: text,
    durationMs: 1,
  } as const;
  const { results } = decodeRunReport(encodeRunReport({ ...decodeRunReport(message()), results: [result] }));
  t.equal(results[0]?.message, `${'x'.repeat(MAX_RESULT_MESSAGE_CHARS - 1)}\ufffd`);
  const aborted = { ...decodeRunReport(message()), failure: 'y'.repeat(MAX_FAILURE_CHARS + 1) };
  t.equal(decodeRunReport(encodeRunReport(aborted)).failure, 'y'.repeat(MAX_FAILURE_CHARS));
});

t.test('fields of another shape', async (t) => {
  t.doesNotThrow(() => decodeRunReport(message()));
  const rows: [string, Partial<Message>][] = [
    ['no run', { runId: '' }],
    ['a run that is no UUID', { runId: 'run-1' }],
    ['a start that no clock can show', { startedAt: 8_640_000_000_000_001n }],
    ['an end that no clock can show', { finishedAt: 2n ** 53n - 1n }],
    ['no outcome', { results: [{ ...RESULT, outcome: Outcome.OUTCOME_UNSPECIFIED }] }],
    ['an unknown outcome', { results: [{ ...RESULT, outcome: 17 as Outcome }] }],
    ['a long message', { results: [{ ...RESULT, message: 'x'.repeat(MAX_RESULT_MESSAGE_CHARS + 1) }] }],
    ['a long name of a configcrate', { results: [{ ...RESULT, configcrate: LONG_NAME }] }],
    ['a long name of a resource', { results: [{ ...RESULT, resource: LONG_NAME }] }],
    ['a long type', { results: [{ ...RESULT, type: LONG_NAME }] }],
    ['a long failure', { failure: 'x'.repeat(MAX_FAILURE_CHARS + 1) }],
    ['too many results', { results: Array.from({ length: MAX_RESULTS + 1 }, () => RESULT) }],
  ];
  for (const [what, change] of rows) t.throws(() => decodeRunReport(message(change)), malformed, what);
});

t.test('junk', async (t) => survivesJunk(t, decodeRunReport, encodeRunReport, message()));
