import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import t from 'tap';
import { isEnvoyId, parseEnvoyId, parseHostName, uuidFrom } from '../../lib/base/index.js';

t.test('an id of 16 bytes is a version 4 UUID that keeps the other 122 bits', async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (random) => {
      const id = uuidFrom(random);
      const bytes = Buffer.from(id.replaceAll('-', ''), 'hex');
      const kept = bytes.every((byte, i) => {
        const mask = i === 6 ? 0x0f : i === 8 ? 0x3f : 0xff;
        return (byte & mask) === ((random[i] ?? 0) & mask);
      });
      return kept && isEnvoyId(id) && parseEnvoyId(id) === id;
    }),
  );
});

t.test('RFC 9562 appendix A.3', async (t) => {
  const random = Buffer.from('919108f752d133205bacf847db4148a8', 'hex');
  t.equal(uuidFrom(random), '919108f7-52d1-4320-9bac-f847db4148a8');
});

t.test('an id takes 16 bytes', async (t) => {
  for (const length of [0, 15, 17]) {
    t.throws(() => uuidFrom(new Uint8Array(length)), { name: 'BaseError', code: 'bad_id' });
  }
});

t.test('ids', async (t) => {
  t.equal(parseEnvoyId(randomUUID()).length, 36);
  for (const id of [
    '',
    '00000000-0000-0000-0000-000000000000',
    '919108f7-52d1-1320-9bac-f847db4148a8',
    '919108f7-52d1-4320-1bac-f847db4148a8',
    '919108F7-52D1-4320-9BAC-F847DB4148A8',
    '919108f752d143209bacf847db4148a8',
    '{919108f7-52d1-4320-9bac-f847db4148a8}',
    '919108f7-52d1-4320-9bac-f847db4148a8\n',
  ]) {
    t.throws(() => parseEnvoyId(id), { name: 'BaseError', code: 'bad_id' }, id);
    t.notOk(isEnvoyId(id));
  }
});

t.test('host names', async (t) => {
  const longest = `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`;
  for (const [text, name = text] of [
    ['a'],
    ['web-1.example.org'],
    ['WEB-1.Example.ORG', 'web-1.example.org'],
    ['3com'],
    ['10.0.0.1'],
    ['xn--bcher-kva.example'],
    ['a'.repeat(63)],
    [longest],
  ] as const) {
    t.equal(parseHostName(text), name);
  }
  for (const text of [
    '',
    '.',
    'a.',
    '.a',
    'a..b',
    '-a',
    'a-',
    'a.-b',
    'a_b',
    'a b',
    'a\n',
    'a/b',
    '*',
    'ümlaut',
    '\u212aelvin', // its lower case is an ASCII k
    'a'.repeat(64),
    `${longest}e`,
  ]) {
    t.throws(() => parseHostName(text), { name: 'BaseError', code: 'bad_host_name' }, text);
  }
});
