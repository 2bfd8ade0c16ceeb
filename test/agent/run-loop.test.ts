import t from 'tap';
import type { ContactResult, Run } from '../../lib/agent/converge/envoy.js';
import { type RunLoopOptions, runLoop } from '../../lib/agent/converge/run-loop.js';
import type { SteadyClock } from '../../lib/base/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import { Rejection } from '../../lib/wire/index.js';

const MINUTE_MS = 60_000;
const report: Run['report'] = {
  runId: '00000000-0000-4000-8000-000000000001',
  startedAtMs: 0,
  finishedAtMs: 0,
  policyVersion: 1,
  secretsEpoch: 1,
  results: [],
  failure: undefined,
};

type Contact = Partial<ContactResult> | Error;

interface Script {
  /** What each check-in gives, the last one again and again. */
  contacts: Contact[];
  /** Whether each run finds its secrets, the last one again and again. */
  resolved?: boolean[];
  delivery?: Error;
  /** In which waits a hint arrives, counted from 0, and how long after their beginning. */
  hints?: Record<number, number>;
  intervalMs?: number;
  /** How far the clock is set after the first wait has begun. */
  setMs?: number;
  waits: number;
}

/** Plays the loop against a clock that only waits move, and writes down what happens when, in seconds. */
async function play(script: Script): Promise<string[]> {
  const events: string[] = [];
  const stop = new AbortController();
  let nowMs = 1_000_000_000;
  let waits = 0;
  let raised = false;
  const say = (event: string) => events.push(`${Math.round((nowMs - 1_000_000_000) / 1000)} ${event}`);
  const next = <T>(list: T[]): T => (list.length > 1 ? (list.shift() as T) : (list[0] as T));
  const wallMs = () => nowMs + (waits > 0 ? (script.setMs ?? 0) : 0);
  const clock: SteadyClock = { nowMs: wallMs, monotonicMs: () => nowMs };
  const options: RunLoopOptions = {
    envoy: {
      async checkIn() {
        say('check in');
        const contact = next(script.contacts);
        if (contact instanceof Error) throw contact;
        return { changed: false, intervalMs: 10 * MINUTE_MS, ...contact };
      },
      async converge() {
        say('converge');
        return { report, resolved: next(script.resolved ?? [true]) };
      },
      async deliver() {
        say('deliver');
        if (script.delivery !== undefined) throw script.delivery;
      },
    },
    alarm: {
      take() {
        const taken = raised;
        raised = false;
        return taken;
      },
      async wait(ms) {
        const hintMs = script.hints?.[waits];
        if (hintMs !== undefined && hintMs < ms) raised = true;
        nowMs += raised ? (hintMs ?? 0) : ms;
        if (++waits === script.waits) stop.abort();
      },
    },
    signal: stop.signal,
    clock,
    random: () => 0.5, // the middle of every jitter
    log: { info: () => {}, warn: (line) => say(`warn ${line.split(':')[0]}`) },
    dryRun: false,
    intervalMs: script.intervalMs,
  };
  await runLoop(options);
  return events;
}

const away = new RpcError('unavailable', 'nobody there');

t.test('check-in and run come together, at the interval that the server names', async (t) => {
  t.same(await play({ contacts: [{ changed: true }, {}], waits: 2 }), [
    '0 check in',
    '0 converge',
    '0 deliver',
    '600 check in',
    '600 converge',
    '600 deliver',
  ]);
});

t.test('a clock that is set back or forward neither delays nor hastens the next run', async (t) => {
  const script = { contacts: [{}], waits: 3, intervalMs: MINUTE_MS };
  const expected = await play(script);
  for (const setMs of [-90_000, -3_600_000, 25 * 86_400_000, 40 * 86_400_000]) {
    t.same(await play({ ...script, setMs }), expected, `${setMs} ms`);
  }
});

t.test('an interval of its own', async (t) => {
  const events = await play({ contacts: [{}], waits: 3, intervalMs: MINUTE_MS });
  t.same(
    events.filter((event) => event.endsWith('converge')),
    ['0 converge', '60 converge', '120 converge'],
  );
});

t.test('an interval that the server names has bounds', async (t) => {
  for (const [named, seconds] of [
    [2 ** 32 * 1000, 86_400],
    [1, 10],
  ] as const) {
    const events = await play({ contacts: [{ intervalMs: named }], waits: 2 });
    t.same(
      events.filter((event) => event.endsWith('converge')),
      ['0 converge', `${seconds} converge`],
    );
  }
});

t.test('a shorter interval moves the next run, a longer one does not put it off', async (t) => {
  const contacts = [{}, { intervalMs: MINUTE_MS }, { intervalMs: 20 * MINUTE_MS }, {}];
  const events = await play({ contacts, hints: { 0: 7000, 1: 5000 }, waits: 4 });
  t.same(
    events.filter((event) => !event.endsWith('deliver')),
    ['0 check in', '0 converge', '7 check in', '12 check in', '67 check in', '67 converge'],
  );
});

t.test('a hint leads to a check-in, and to a run only where something changed', async (t) => {
  const contacts = [{}, {}, { changed: true }, {}];
  t.same(await play({ contacts, hints: { 0: 7000, 1: 5000 }, waits: 4 }), [
    '0 check in',
    '0 converge',
    '0 deliver',
    '7 check in',
    '7 deliver',
    '12 check in',
    '12 converge',
    '12 deliver',
    '612 check in',
    '612 converge',
    '612 deliver',
  ]);
});

t.test('while the server is away, check-ins come later and later, and runs at the interval', async (t) => {
  const events = await play({ contacts: [away], intervalMs: MINUTE_MS, waits: 9 });
  t.same(events.filter((event) => event.endsWith('check in')).slice(0, 7), [
    '0 check in',
    '1 check in',
    '2 check in',
    '5 check in',
    '11 check in',
    '23 check in',
    '47 check in',
  ]);
  t.same(
    events.filter((event) => event.endsWith('converge')),
    ['0 converge', '60 converge'],
  );
  t.notOk(events.some((event) => event.endsWith('deliver')));
});

t.test('contact that returns delivers, and the waits are short no more', async (t) => {
  t.same(await play({ contacts: [away, {}], waits: 3 }), [
    '0 check in',
    '0 warn check-in failed',
    '0 converge',
    '1 check in',
    '1 deliver',
    '300 check in',
    '300 converge',
    '300 deliver',
  ]);
});

t.test('a run that lacked secrets is repeated at the next contact, not only when something changed', async (t) => {
  t.same(await play({ contacts: [{ changed: true }, {}], resolved: [false, false, true], waits: 4 }), [
    '0 check in',
    '0 converge',
    '0 deliver',
    '1 check in',
    '1 converge',
    '1 deliver',
    '2 check in',
    '2 converge',
    '2 deliver',
    '602 check in',
    '602 converge',
    '602 deliver',
  ]);
});

t.test('a revoked envoy asks hourly and goes on converging', async (t) => {
  const events = await play({ contacts: [new Rejection('revoked', 'no')], intervalMs: 30 * MINUTE_MS, waits: 3 });
  t.same(
    events.filter((event) => event.endsWith('check in')),
    ['0 check in', '3600 check in'],
  );
  t.same(
    events.filter((event) => event.endsWith('converge')),
    ['0 converge', '1800 converge', '3600 converge'],
  );
});

t.test('a report that is not taken stays the business of the next contact', async (t) => {
  const events = await play({ contacts: [{}], delivery: away, waits: 2 });
  t.equal(events.filter((event) => event.endsWith('deliver')).length, 2);
  t.equal(events.filter((event) => event.endsWith('warn the report stays queued')).length, 2);
});

t.test('a defect is not taken for bad weather', async (t) => {
  await t.rejects(play({ contacts: [new TypeError('defect')], waits: 9 }), TypeError);
});
