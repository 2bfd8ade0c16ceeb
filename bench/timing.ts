// Looks for secrets in running times, in the manner of dudect: inputs of two classes in random order, and Welch's t
// between their times. It can find a leak; it can't prove that there is none.
//   node dist/bench/timing.mjs [measurements, 1000000 unless given]
import { cpus } from 'node:os';
import { constantTimeEqual, loadAes256Gcm, randomBytes } from '../lib/crypto/index.js';
import { conduct, type Experiment } from './experiment.js';

const NONCE_BYTES = 12;
const none = new Uint8Array(0);

const aes = await loadAes256Gcm();
const key = aes.importKey(randomBytes(32));

function sealing(bytes: number): Experiment {
  return {
    name: `seal ${bytes} bytes: zeros or random`,
    input: (kind) => (kind === 0 ? new Uint8Array(bytes) : randomBytes(bytes)),
    run: (plaintext) => key.seal(plaintext, none),
  };
}

function opening(bytes: number): Experiment {
  const seal = sealing(bytes);
  return {
    name: `open ${bytes} bytes: zeros or random`,
    input: (kind) => key.seal(seal.input(kind), none),
    run: (sealed) => key.open(sealed, none),
  };
}

const expanding: Experiment = {
  name: 'import a key and seal with it: zeros or random',
  input: (kind) => (kind === 0 ? new Uint8Array(32) : randomBytes(32)),
  run(secret) {
    const key = aes.importKey(secret);
    key.seal(none, none);
    key.dispose();
  },
};

/** The verdict is public; what it must not tell is how near a forgery came. */
function refusing(bytes: number, what: string, forge: (sealed: Uint8Array, kind: 0 | 1) => void): Experiment {
  return {
    name: `refuse ${bytes} bytes: ${what}`,
    input(kind) {
      const sealed = key.seal(randomBytes(bytes), none);
      forge(sealed, kind);
      return sealed;
    },
    run(sealed) {
      try {
        key.open(sealed, none);
      } catch {
        return;
      }
      throw new Error('a forgery was opened');
    },
  };
}

function turnByte(bytes: Uint8Array, at: number): void {
  bytes[at] = (bytes[at] ?? 0) ^ 0x80;
}

const wrongAt = refusing(64, 'first or last byte of the tag wrong', (sealed, kind) =>
  turnByte(sealed, sealed.length - (kind === 0 ? 16 : 1)),
);
const wrongBy = refusing(64, 'one bit of the tag wrong, or all of it', (sealed, kind) => {
  if (kind === 0) turnByte(sealed, sealed.length - 8);
  else sealed.set(randomBytes(16), sealed.length - 16);
});
const wrongText = refusing(1024, 'first or last byte of the ciphertext wrong', (sealed, kind) =>
  turnByte(sealed, kind === 0 ? NONCE_BYTES : sealed.length - 17),
);

function comparing(bytes: number, name: string, equal: (a: Uint8Array, b: Uint8Array) => boolean): Experiment {
  const secret = randomBytes(bytes);
  return {
    name: `${name}, ${bytes} bytes: first or last byte differs`,
    input(kind) {
      const guess = secret.slice();
      turnByte(guess, kind === 0 ? 0 : bytes - 1);
      return guess;
    },
    run: (guess) => equal(secret, guess),
  };
}

/** What nobody should compare secrets with: it returns at the first difference. */
function leakyEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

const controls = [
  comparing(16, 'control that leaks', leakyEqual),
  comparing(1024, 'control that leaks', leakyEqual),
  { ...sealing(64), name: 'control without a difference: seal 64 random bytes', input: () => randomBytes(64) },
];
const experiments = [
  ...[16, 64, 1024].map(sealing),
  ...[16, 64, 1024].map(opening),
  expanding,
  wrongAt,
  wrongBy,
  wrongText,
  comparing(32, 'constantTimeEqual', constantTimeEqual),
  comparing(1024, 'constantTimeEqual', constantTimeEqual),
];

const measurements = Number(process.argv[2] ?? 1_000_000);
console.log(
  `${cpus()[0]?.model}, ${process.platform} ${process.arch}, node ${process.version}, ${aes.kernel.build} kernel`,
);
console.log(`${measurements} measurements each. |t| above 4.5 deserves a second look, above 10 it is a leak.`);
console.log(
  'max t is the farthest over croppings; resolution is the difference of the fastest 90 % that makes t 4.5.\n',
);
console.log('       t    max t    median  resolution');
for (const experiment of [...controls, ...experiments]) {
  const { t, maxT, medianNs, resolutionNs } = conduct(experiment, measurements);
  const ts = [t, maxT].map((each) => each.toFixed(1).padStart(8)).join(' ');
  console.log(
    `${ts}  ${medianNs.toFixed(0).padStart(5)} ns   ${resolutionNs.toFixed(2).padStart(6)} ns  ${experiment.name}`,
  );
}
