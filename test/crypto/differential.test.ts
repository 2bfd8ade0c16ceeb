import { randomBytes, randomInt } from 'node:crypto';
import t from 'tap';
import { type GcmUse, gcmPaths } from './gcm-paths.js';
import { sealByNode, secretsIn } from './kernels.js';
import { outcome } from './tally.js';

/** Minutes instead of seconds: every length with sixteen lengths of AAD, every bit instead of every byte. */
const long = process.env.VIGO_TEST_LONG === '1';
if (long) t.setTimeout(3_600_000);

const MAX_TEXT_BYTES = 4 * 2 ** 20;
const MAX_EVERY_TEXT_BYTES = 4200;
const MAX_AAD_BYTES = 2000;

// Inputs are cut from this at odd places, so that no alignment is special.
const random = randomBytes(MAX_TEXT_BYTES + 4096);

function cut(length: number): Uint8Array {
  const start = randomInt(random.length - length);
  return random.subarray(start, start + length);
}

/** What goes wrong with one message: sealed here and there, opened here. */
function difference(secret: Uint8Array, key: GcmUse, textBytes: number, aadBytes: number): string[] {
  const [plaintext, aad] = [cut(textBytes), cut(aadBytes)];
  const sealed = key.seal(plaintext, aad, cut(12));
  const same = sealByNode(secret, sealed.subarray(0, 12), plaintext, aad).equals(sealed);
  const opened = Buffer.compare(key.open(sealed, aad), plaintext) === 0;
  return same && opened ? [] : [`text of ${textBytes} bytes, AAD of ${aadBytes}`];
}

/** Another bit in each byte, so that all eight positions come up. */
function turned(bytes: Uint8Array, at: number, bit: number): Uint8Array {
  const copy = Uint8Array.from(bytes);
  copy[at] = (copy[at] ?? 0) ^ (1 << ((at + bit) % 8));
  return copy;
}

for (const { path, kernel, takesNonce, withKey } of gcmPaths()) {
  // The keys' paths go through the module as the others do: there every fourth length will do.
  const step = long || takesNonce ? 1 : 4;

  t.test(`${path}: what node:crypto gives, for every length of text and of AAD`, async (t) => {
    const secret = randomBytes(32);
    const key = withKey(secret);
    const different: string[] = [];
    for (let bytes = randomInt(step); bytes <= MAX_EVERY_TEXT_BYTES; bytes += step) {
      for (let i = 0; i < (long ? 16 : 1); i++) {
        different.push(...difference(secret, key, bytes, randomInt(MAX_AAD_BYTES + 1)));
      }
    }
    for (let bytes = randomInt(step); bytes <= MAX_AAD_BYTES; bytes += step) {
      for (let i = 0; i < (long ? 16 : 1); i++) different.push(...difference(secret, key, randomInt(200), bytes));
    }
    t.strictSame(different, []);
  });

  t.test(`${path}: what node:crypto gives, up to 4 MiB`, async (t) => {
    const different = Array.from({ length: long ? 100 : 6 }, (_, i) => {
      const secret = randomBytes(32);
      // Short ones as often as long ones.
      const textBytes = i === 0 ? MAX_TEXT_BYTES : Math.floor(2 ** (randomInt(12_000, 22_000) / 1000));
      return difference(secret, withKey(secret), textBytes, randomInt(MAX_AAD_BYTES + 1));
    });
    t.strictSame(different.flat(), []);
  });

  t.test(`${path}: a bit turned anywhere is refused, and nothing of the plaintext stays in the module`, async (t) => {
    const aad = randomBytes(37);
    for (const textBytes of [0, 1, 15, 16, 45, 300, ...(long ? [17_000] : [])]) {
      const key = withKey(randomBytes(32));
      const sealed = key.seal(randomBytes(textBytes), aad, randomBytes(12));
      key.open(sealed, aad);
      const before = secretsIn(kernel);
      const wrong: string[] = [];
      const refuse = (what: string, forged: Uint8Array, forgedAad: Uint8Array) => {
        const result = outcome(() => key.open(forged, forgedAad));
        if (result !== 'forged') wrong.push(`${what}: ${result}`);
        if (!secretsIn(kernel).equals(before)) wrong.push(`${what}: left in the module`);
      };
      for (let bit = 0; bit < 8; bit += long && textBytes <= 300 ? 1 : 8) {
        for (const at of sealed.keys()) refuse(`byte ${at}`, turned(sealed, at, bit), aad);
        for (const at of aad.keys()) refuse(`byte ${at} of the AAD`, sealed, turned(aad, at, bit));
      }
      t.strictSame(wrong, [], `${textBytes} bytes`);
    }
  });
}
