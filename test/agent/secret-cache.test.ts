import t from 'tap';
import { AgentError } from '../../lib/agent/errors.js';
import { SecretCache } from '../../lib/agent/held/secret-cache.js';
import { parseKeyName, Secret } from '../../lib/base/index.js';
import type { SecretValue } from '../../lib/wire/index.js';

const [process1, process2] = [Uint8Array.of(1), Uint8Array.of(2)];
const [a, b] = [parseKeyName('a'), parseKeyName('b')];

function value(key: typeof a, version: number, text: string): SecretValue & { bytes: Uint8Array } {
  const bytes = Uint8Array.from(Buffer.from(text));
  return { key, version, bytes, value: new Secret(bytes) };
}

t.test('values count for their epoch, and are named by version when it has moved on', async (t) => {
  const cache = new SecretCache();
  const refs = new Set([a, b]);
  t.same(cache.ask(refs, process1), [
    { key: a, heldVersion: undefined },
    { key: b, heldVersion: undefined },
  ]);
  cache.accept(refs, [value(a, 1, 'aaaa'), value(b, 4, 'bbbb')], 10, process1);
  t.ok(cache.covers(refs, 10));
  t.ok(cache.covers(refs, 9), 'an answer may be ahead of the head');
  t.notOk(cache.covers(refs, 11));
  t.equal(cache.valuesAt(11).size, 0, 'a value of an earlier epoch is not used (D5)');
  t.same(cache.ask(refs, process1), [
    { key: a, heldVersion: 1 },
    { key: b, heldVersion: 4 },
  ]);
  t.same(
    cache.ask(refs, process2).map(({ heldVersion }) => heldVersion),
    [undefined, undefined],
    'another server process may work on a vault that was restored, and count again',
  );
  const newer = value(a, 2, 'AAAA');
  cache.accept(refs, [newer], 11, process1);
  t.equal(cache.valuesAt(11).get(a), newer.value);
  t.ok(cache.covers(refs, 11), 'what was not sent is still current');
});

t.test('values that expired are sent anew whatever epoch they came for, and kept out of texts until then', (t) => {
  const cache = new SecretCache();
  const refs = new Set([a]);
  cache.accept(refs, [value(a, 1, 'aaaa')], Number.MAX_SAFE_INTEGER, process1);
  cache.expire();
  t.notOk(cache.covers(refs, 1));
  t.same(cache.ask(refs, process1), [{ key: a, heldVersion: undefined }]);
  cache.accept(refs, [value(a, 1, 'AAAA')], 10, process1);
  t.ok(cache.covers(refs, 10));
  t.notOk(cache.covers(refs, 11));
  t.equal(cache.redaction.redact('aaaa AAAA'), '[secret] [secret]');
  t.end();
});

t.test('what is replaced, or not asked for any more, is redacted until it is forgotten, and wiped then', async (t) => {
  const cache = new SecretCache();
  const [first, second, third] = [value(a, 1, 'aaaa'), value(a, 2, 'AAAA'), value(a, 3, 'ΑΑΑΑ')];
  const other = value(b, 1, 'bbbb');
  cache.accept(new Set([a, b]), [first, other], 1, process1);
  t.equal(cache.redaction.redact('aaaa bbbb'), '[secret] [secret]');
  cache.accept(new Set([a]), [second], 2, process1);
  t.equal(cache.valuesAt(2).size, 1);
  cache.accept(new Set([a]), [third], 3, process1);
  t.equal(cache.redaction.redact('aaaa bbbb AAAA ΑΑΑΑ'), '[secret] [secret] [secret] [secret]');
  cache.forgetReplaced();
  for (const { bytes } of [first, second, other]) t.same(bytes, new Uint8Array(4));
  t.equal(cache.redaction.redact('aaaa bbbb AAAA ΑΑΑΑ'), 'aaaa bbbb AAAA [secret]');
  cache.accept(new Set([a]), [value(a, 4, 'last')], 4, process1);
  cache.dispose();
  t.same(third.bytes, new Uint8Array(8));
  t.notOk(cache.covers(new Set([a]), 2));
});

t.test('4 MiB of replaced values are kept, and the oldest go first', async (t) => {
  const cache = new SecretCache();
  const size = 1024 * 1024;
  const replaced = Array.from({ length: 6 }, (_, i) => value(a, i, String.fromCharCode(97 + i).repeat(size)));
  for (const each of replaced) cache.accept(new Set([a]), [each], each.version, process1);
  t.same(
    replaced.map(({ bytes }) => bytes[0] === 0),
    replaced.map((_, i) => i === 0),
  );
});

t.test('what commands print is shown only where every value of the policy is here', async (t) => {
  const cache = new SecretCache();
  t.equal(cache.redactionFor(new Set(), 1).knowsAll, true, 'it has none');
  t.equal(cache.redactionFor(new Set([a]), 1).knowsAll, false);
  cache.accept(new Set([a]), [value(a, 1, 'aaaa')], 1, process1);
  t.equal(cache.redactionFor(new Set([a]), 1).knowsAll, true);
  t.equal(cache.redactionFor(new Set([a, b]), 1).knowsAll, false);
  t.equal(cache.redactionFor(new Set([a]), 2).knowsAll, false, 'the value of a later epoch is another one');
});

t.test('an answer with a value that nobody asked for is refused whole', async (t) => {
  const cache = new SecretCache();
  const [wanted, stranger] = [value(a, 1, 'aaaa'), value(b, 1, 'bbbb')];
  t.throws(() => cache.accept(new Set([a]), [wanted, stranger], 1, process1), {
    constructor: AgentError,
    code: 'bad_answer',
  });
  t.same([...wanted.bytes, ...stranger.bytes], Array(8).fill(0));
  t.equal(cache.valuesAt(0).size, 0);
});

t.test('a value that is neither sent nor held is missing', async (t) => {
  const cache = new SecretCache();
  t.throws(() => cache.accept(new Set([a, b]), [value(a, 1, 'aaaa')], 1, process1), {
    constructor: AgentError,
    code: 'unresolved',
  });
  t.notOk(cache.covers(new Set([a]), 1));
});
