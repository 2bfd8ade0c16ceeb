import t from 'tap';
import { parseKeyName } from '../../lib/base/index.js';
import { ALPHABET, generatePassword } from '../../lib/vault/secrets/generate.js';
import { demandStrongPassword } from '../../lib/vault/secrets/password-rule.js';
import { makeOpen } from './kit.js';

t.test('of the length asked for, of the alphabet, and by the rule for passwords', async (t) => {
  for (const length of [12, 13, 24, 100, 1024]) {
    const password = generatePassword(length);
    t.equal(password.length, length);
    demandStrongPassword(password);
    for (const byte of password) if (!ALPHABET.includes(String.fromCharCode(byte))) t.fail(String(byte));
  }
  t.equal(generatePassword().length, 24);
  for (const length of [0, 11, 1025, 12.5, Number.NaN]) {
    t.throws(() => generatePassword(length), { code: 'bad_length', kind: 'invalid' }, String(length));
  }
});

t.test('no character is likelier than another', (t) => {
  const counts = new Map<number, number>();
  const draws = 200;
  for (let i = 0; i < draws; i++) {
    for (const byte of generatePassword(1024)) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  }
  t.equal(counts.size, ALPHABET.length);
  // Seven standard deviations: by chance once in more runs than there will be.
  const mean = (draws * 1024) / ALPHABET.length;
  for (const [byte, count] of counts) {
    if (Math.abs(count - mean) > 7 * Math.sqrt(mean)) t.fail(`${String.fromCharCode(byte)}: ${count} of ${mean}`);
  }
  t.end();
});

t.test('stored as a password, another one each time', async (t) => {
  const { vault } = await makeOpen(t);
  const key = parseKeyName('a');
  t.equal(await vault.generate(key, {}), 1);
  t.equal(await vault.generate(key, { length: 40, ifVersion: 1 }), 2);
  const [first, second] = [await vault.open(key, { version: 1 }), await vault.open(key)];
  t.match([first.kind, second.kind], ['password', 'password']);
  t.equal(second.value.expose().length, 40);
  t.notSame(first.value.expose(), second.value.expose().subarray(0, 24));
});
