import t from 'tap';
import { keyFromBase64Url, keyToBase64, keyToBase64Url } from '../../lib/base/bytes/key-base64.js';

/** Of every length, with every value of every group of six bits. */
const SAMPLES = Array.from({ length: 200 }, (_, length) =>
  Uint8Array.from({ length }, (_, i) => (i * 73 + length * 151 + (i >> 2)) & 0xff),
);
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1');
const bad = { name: 'BaseError', code: 'bad_encoding' };

t.test('what is written is what Node writes, and it is read back', async (t) => {
  const seen = new Set<string>();
  for (const bytes of SAMPLES) {
    const [base64, url] = [text(keyToBase64(bytes)), text(keyToBase64Url(bytes))];
    if (base64 !== Buffer.from(bytes).toString('base64')) t.fail(`${base64}, ${bytes.length} bytes`);
    if (url !== Buffer.from(bytes).toString('base64url')) t.fail(`${url}, ${bytes.length} bytes`);
    if (!Buffer.from(bytes).equals(keyFromBase64Url(Buffer.from(url)))) t.fail(`${url} is read as something else`);
    for (const character of base64 + url) seen.add(character);
  }
  t.equal(seen.size, 62 + 2 + 2 + 1, 'every character of both alphabets, and the padding');
});

t.test('each other byte is refused', async (t) => {
  for (let byte = 0; byte < 256; byte++) {
    const line = Uint8Array.from([0x41, 0x41, byte, 0x41]);
    if (/[\w-]/.test(text(line.subarray(2, 3))))
      t.same([...keyFromBase64Url(line)], [...Buffer.from(text(line), 'base64url')]);
    else t.throws(() => keyFromBase64Url(line), bad, `${byte}`);
  }
});

t.test('so is a second spelling of the same bytes', async (t) => {
  for (const line of ['A', 'AAAAA', 'AB', 'AAB', 'AA==', 'AAA=', ' AAA', 'AAAA\n']) {
    t.throws(() => keyFromBase64Url(Buffer.from(line)), bad, line);
  }
});
