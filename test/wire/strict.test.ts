import t from 'tap';
import { BaseError } from '../../lib/base/index.js';
import { Trait } from '../../lib/gen/proto/vigo/v1/messages.js';
import { WireError } from '../../lib/wire/index.js';
import { checked, counter, decodeStrict, optionalSized, requireSorted, sized } from '../../lib/wire/strict.js';

const malformed = { name: 'WireError', code: 'malformed' };

t.test('a message has one encoding', async (t) => {
  const decode = (hex: string) => decodeStrict('trait', Trait, Buffer.from(hex, 'hex'));
  t.same(decode('0a0161120162'), { name: 'a', value: 'b' });
  t.same(decode(''), { name: '', value: '' });
  for (const [what, hex] of [
    ['fields out of order', '1201620a0161'],
    ['a field twice', '0a01610a0161120162'],
    ['a field twice, the last one wins', '0a01780a0161120162'],
    ['a default spelled out', '0a00120162'],
    ['a field that is unknown', '0a01611201621a0163'],
    ['a long form of a length', '0a810061120162'],
    ['a long form of a tag', '8a000161120162'],
    ['another wire type', '0801120162'],
    ['bytes that are not UTF-8', '0a01ff120162'],
    ['an overlong spelling of UTF-8', '0a02c080120162'],
    ['a length beyond the end', '0a0561120162'],
    ['a byte too few', '0a01611201'],
    ['a group', '0b0c'],
    ['field number zero', '0200'],
  ] as const) {
    t.throws(() => decode(hex), malformed, what);
  }
});

t.test('sizes and counters', async (t) => {
  const bytes = new Uint8Array(4);
  t.equal(sized('it', bytes, 4), bytes);
  t.throws(() => sized('it', bytes, 5), malformed);
  t.equal(optionalSized('it', bytes, 4), bytes);
  t.equal(optionalSized('it', new Uint8Array(), 4), undefined);
  t.throws(() => optionalSized('it', bytes, 3), malformed);
  t.equal(counter('it', 2n ** 53n - 1n), Number.MAX_SAFE_INTEGER);
  t.throws(() => counter('it', 2n ** 53n), malformed);
});

t.test('sorted means each name once', async (t) => {
  for (const names of [[], ['a'], ['a', 'b', 'c'], ['B', 'a']]) t.doesNotThrow(() => requireSorted('names', names));
  for (const names of [
    ['b', 'a'],
    ['a', 'a'],
    ['', ''],
    ['a', 'b', 'b'],
    ['a', 'B'],
  ]) {
    t.throws(() => requireSorted('names', names), malformed, names.join());
  }
});

t.test('a grammar that fails is a message that is malformed; a defect stays one', async (t) => {
  const failing = (error: Error) => () =>
    checked('it', () => {
      throw error;
    });
  t.throws(failing(new BaseError('bad_id', 'x')), malformed);
  t.throws(failing(new WireError('forged', 'x')), { name: 'WireError', code: 'forged' });
  t.throws(failing(new TypeError('x')), TypeError);
});
