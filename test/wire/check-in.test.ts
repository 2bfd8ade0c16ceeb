import fc from 'fast-check';
import t from 'tap';
import { MARKER_END, MARKER_START, parseHostName } from '../../lib/base/index.js';
import { CheckInAnswer as AnswerMessage, CheckIn as Message } from '../../lib/gen/proto/vigo/v1/messages.js';
import {
  type AgentOffer,
  type CheckIn,
  type CheckInAnswer,
  decodeCheckIn,
  decodeCheckInAnswer,
  encodeCheckIn,
  encodeCheckInAnswer,
  MAX_BODY_BYTES,
  MAX_TRAIT_BYTES,
  MAX_TRAITS,
} from '../../lib/wire/index.js';
import { byteStrings, counters, survivesJunk, texts } from './test-wire.js';

const malformed = { name: 'WireError', code: 'malformed' };
const byCodeUnits = ([a]: [string, string], [b]: [string, string]) => (a < b ? -1 : 1);

const typeNames = fc.stringMatching(/^[a-z][a-z0-9_]{0,10}$/);
const offers: fc.Arbitrary<AgentOffer> = fc.record({
  protocol: fc.integer({ min: 1, max: 9999 }),
  resourceTypes: fc.uniqueArray(typeNames, { minLength: 1, maxLength: 10 }).map((types) => types.sort()),
});

const checkIns: fc.Arbitrary<CheckIn> = fc
  .tuple(
    fc.record({
      heldHead: fc.option(byteStrings(32), { nil: undefined }),
      heldBody: fc.option(byteStrings(32), { nil: undefined }),
      traits: fc.array(fc.tuple(texts(20), texts(20)), { maxLength: 10 }).map((traits) => {
        return new Map([...new Map(traits)].sort(byCodeUnits));
      }),
      agentVersion: texts(20),
      generation: fc.option(byteStrings(40), { nil: undefined }),
      newerHead: fc.option(fc.record({ head: byteStrings(100), signature: byteStrings(64) }), { nil: undefined }),
    }),
    fc.option(offers, { nil: undefined }),
  )
  .map(([checkIn, offer]) => ({ ...checkIn, ...(offer && { offer }) }));

const answers: fc.Arbitrary<CheckInAnswer> = fc.record({
  bundle: fc.option(
    fc.record({
      head: fc.record({ head: byteStrings(100), signature: byteStrings(64) }),
      body: fc.option(byteStrings(50), { nil: undefined }),
    }),
    { nil: undefined },
  ),
  serverTimeMs: counters,
  intervalMs: fc.nat(2 ** 32 - 1).map((seconds) => seconds * 1000),
  generation: fc.option(fc.record({ generation: byteStrings(40), signature: byteStrings(64) }), { nil: undefined }),
  trustNumber: fc.nat(2 ** 32 - 1),
  record: fc.option(
    fc.record({
      hostName: fc.constantFrom(parseHostName('web-1'), parseHostName('db.example.org')),
      standing: fc.constantFrom('active' as const, 'quarantined' as const, 'cloned' as const),
    }),
    { nil: undefined },
  ),
});

function withTraits(...traits: [string, string][]): Uint8Array {
  return Message.encode({
    heldHead: Buffer.alloc(0),
    heldBody: Buffer.alloc(0),
    traits: traits.map(([name, value]) => ({ name, value })),
    agentVersion: '1.0.0',
    generation: Buffer.alloc(0),
    newerHead: undefined,
  }).finish();
}

t.test('a malformed offer is refused', async (t) => {
  const types: [string, string] = ['resource_types', 'exec,file'];
  t.same(decodeCheckIn(withTraits(['protocol', '2'], types)).offer, { protocol: 2, resourceTypes: ['exec', 'file'] });
  t.same(decodeCheckIn(withTraits(['protocol', '2'], types)).traits, new Map(), 'it is no trait of the machine');
  for (const protocol of ['0', '-1', '1.5', '01', '', 'two', '10000', '9'.repeat(30)]) {
    t.throws(() => decodeCheckIn(withTraits(['protocol', protocol], types)), malformed, protocol);
  }
  for (const list of ['', 'file,exec', 'file,file', 'File', 'a,,b', 'a b', ',a']) {
    t.throws(() => decodeCheckIn(withTraits(['protocol', '2'], ['resource_types', list])), malformed, list);
  }
  t.throws(() => decodeCheckIn(withTraits(['protocol', '2'])), malformed, 'without types');
  t.throws(() => decodeCheckIn(withTraits(types)), malformed, 'without a protocol');
});

t.test('decode then encode is the identity', async (t) => {
  fc.assert(
    fc.property(checkIns, (checkIn) => {
      const bytes = encodeCheckIn(checkIn);
      const decoded = decodeCheckIn(bytes);
      t.same(decoded, checkIn);
      return Buffer.from(encodeCheckIn(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(answers, (answer) => {
      const bytes = encodeCheckInAnswer(answer);
      const decoded = decodeCheckInAnswer(bytes);
      t.same(decoded, answer);
      return Buffer.from(encodeCheckInAnswer(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test(
  'marker text in a trait is refused: it would ask for a secret by what the envoy says of itself (D0)',
  async (t) => {
    const ref = `${MARKER_START}vigo/db/dsn${MARKER_END}`;
    for (const [name, value] of [
      ['os', ref],
      [ref, 'linux'],
      ['os', `linux ${MARKER_START}`],
      ['os', `${MARKER_END} linux`],
    ] as const) {
      t.throws(() => decodeCheckIn(withTraits([name, value])), malformed, `${name}: ${value}`);
    }
    t.doesNotThrow(() => decodeCheckIn(withTraits(['os', 'secret:vigo/db/dsn'])), 'which means nothing in a trait');
  },
);

t.test('limits of traits', async (t) => {
  const many = (count: number) =>
    withTraits(...Array.from({ length: count }, (_, i): [string, string] => [String(i).padStart(4, '0'), '']));
  t.equal(decodeCheckIn(many(MAX_TRAITS)).traits.size, MAX_TRAITS);
  t.throws(() => decodeCheckIn(many(MAX_TRAITS + 1)), malformed);
  const long = (bytes: number) => withTraits(['n', 'x'.repeat(bytes - 1)]);
  t.equal(decodeCheckIn(long(MAX_TRAIT_BYTES)).traits.get('n')?.length, MAX_TRAIT_BYTES - 1);
  t.throws(() => decodeCheckIn(long(MAX_TRAIT_BYTES + 1)), malformed);
  t.throws(() => decodeCheckIn(withTraits(['b', ''], ['a', ''])), malformed, 'not sorted');
  t.throws(() => decodeCheckIn(withTraits(['a', '1'], ['a', '2'])), malformed, 'twice');
});

t.test('fields of another shape', async (t) => {
  const none = Buffer.alloc(0);
  const empty = {
    traits: [],
    agentVersion: '',
    heldHead: none,
    heldBody: none,
    generation: none,
    newerHead: undefined,
  };
  for (const change of [
    { heldHead: Buffer.alloc(31) },
    { heldBody: Buffer.alloc(33) },
    { generation: Buffer.alloc(39) },
    { newerHead: { head: Buffer.alloc(100), signature: Buffer.alloc(63) } },
    { agentVersion: '1'.repeat(65) },
  ]) {
    t.throws(() => decodeCheckIn(Message.encode({ ...empty, ...change }).finish()), malformed);
  }
  const head = { head: Buffer.alloc(10), signature: Buffer.alloc(64) };
  const answer = (change: Partial<AnswerMessage>) =>
    AnswerMessage.encode({
      ...{ bundle: undefined, serverTime: 0n, intervalS: 0, generation: undefined, trustNumber: 0, record: undefined },
      ...change,
    }).finish();
  for (const [what, change] of [
    ['a bundle without a head', { bundle: { head: undefined, body: Buffer.alloc(0) } }],
    ['a short signature', { bundle: { head: { ...head, signature: Buffer.alloc(63) }, body: Buffer.alloc(0) } }],
    ['a body that is too large', { bundle: { head, body: Buffer.alloc(MAX_BODY_BYTES + 1) } }],
    ['a time of 2^53', { serverTime: 2n ** 53n }],
    ['a long generation', { generation: { generation: Buffer.alloc(41), signature: Buffer.alloc(64) } }],
    ['a generation without a signature', { generation: { generation: Buffer.alloc(40), signature: none } }],
  ] as const) {
    t.throws(() => decodeCheckInAnswer(answer(change)), malformed, what);
  }
  const largest = answer({ bundle: { head, body: Buffer.alloc(MAX_BODY_BYTES) } });
  t.equal(decodeCheckInAnswer(largest).bundle?.body?.length, MAX_BODY_BYTES);
});

t.test('junk', async (t) => {
  const checkIn = {
    heldHead: Buffer.alloc(32, 1),
    heldBody: undefined,
    traits: new Map([['os', 'linux']]),
    agentVersion: '1',
    generation: Buffer.alloc(40, 3),
    newerHead: { head: Buffer.alloc(9, 4), signature: Buffer.alloc(64, 5) },
  };
  survivesJunk(t, decodeCheckIn, encodeCheckIn, encodeCheckIn(checkIn));
  const head = { head: Buffer.alloc(9, 1), signature: Buffer.alloc(64, 2) };
  const answer = {
    bundle: { head, body: Buffer.of(1) },
    serverTimeMs: 5,
    intervalMs: 60_000,
    generation: { generation: Buffer.alloc(40, 4), signature: Buffer.alloc(64, 5) },
    trustNumber: 3,
  };
  survivesJunk(t, decodeCheckInAnswer, encodeCheckInAnswer, encodeCheckInAnswer(answer));
});
