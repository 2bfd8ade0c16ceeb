// AES-256-GCM beside node:crypto and @noble/ciphers. Runs itself in three processes, because the speed of compiled code depends
// on where V8 happens to put it, and prints of each line the process in which Vigo was fastest: its median, the
// middle half of the rounds, and the others' medians of the same process.
import { execFileSync } from 'node:child_process';
import * as node from 'node:crypto';
import { gcm } from '@noble/ciphers/aes.js';
import { type Aes256GcmKey, makeAes256Gcm } from '../lib/crypto/aes/aes-256-gcm.js';
import { startKernel } from '../lib/crypto/aes/kernel.js';
import { loadAes256Gcm, randomBytes, SEAL_OVERHEAD_BYTES } from '../lib/crypto/index.js';
import * as scalar from '../lib/gen/wasm/aes-256-gcm-scalar.js';
import { printCircumstances, type Race, type Timing, time } from './measure.js';

const PROCESSES = 3;
const SIZES = [16, 64, 256, 1024, 4096, 65_536, 1_048_576];
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

const rawKey = randomBytes(32);
const nodeKey = node.createSecretKey(rawKey);
const none = new Uint8Array(0);
// The others are given one nonce for ever, which is the least that they can be asked to do. Vigo draws its own.
const nonce = randomBytes(NONCE_BYTES);

/** The parts of the result, and no copy of them. */
function nodeSeal(plaintext: Uint8Array): void {
  const cipher = node.createCipheriv('aes-256-gcm', nodeKey, nonce);
  cipher.update(plaintext);
  cipher.final();
  cipher.getAuthTag();
}

/** What `seal` does: a nonce of its own, and one buffer with everything. */
function nodeSealWhole(plaintext: Uint8Array): Uint8Array {
  const fresh = node.randomBytes(NONCE_BYTES);
  const cipher = node.createCipheriv('aes-256-gcm', nodeKey, fresh);
  return Buffer.concat([fresh, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function nodeOpen(sealed: Uint8Array): Uint8Array {
  const decipher = node.createDecipheriv('aes-256-gcm', nodeKey, sealed.subarray(0, NONCE_BYTES));
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  const opened = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES));
  decipher.final();
  return opened;
}

function nobleOpen(sealed: Uint8Array): Uint8Array {
  return gcm(rawKey, sealed.subarray(0, NONCE_BYTES), none).decrypt(sealed.subarray(NONCE_BYTES));
}

function nobleSeal(nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  return gcm(rawKey, nonce, none).encrypt(plaintext);
}

/** Each engine opens what the others sealed. */
function requireAgreement(key: Aes256GcmKey, plaintext: Uint8Array): void {
  const byNoble = Buffer.concat([nonce, nobleSeal(nonce, plaintext)]);
  for (const sealed of [key.seal(plaintext, none), nodeSealWhole(plaintext), byNoble]) {
    for (const opened of [key.open(sealed, none), nodeOpen(sealed), nobleOpen(sealed)]) {
      if (Buffer.compare(opened, plaintext) !== 0) throw new Error(`${plaintext.length} bytes are sealed differently`);
    }
  }
}

/** Vigo first, then whom it is compared with. */
function races(fast: Aes256GcmKey, everywhere: Aes256GcmKey): Race[] {
  const bySize = SIZES.flatMap((bytes) => {
    const plaintext = randomBytes(bytes);
    const output = new Uint8Array(bytes + SEAL_OVERHEAD_BYTES);
    const sealed = fast.seal(plaintext, none);
    const check = () => requireAgreement(fast, plaintext);
    const byNode = { name: 'node:crypto', run: () => nodeSeal(plaintext) };
    const byNoble = { name: 'noble', run: () => nobleSeal(nonce, plaintext) };
    const opening = [
      { name: 'node:crypto', run: () => nodeOpen(sealed) },
      { name: 'noble', run: () => nobleOpen(sealed) },
    ];
    return [
      {
        title: `sealInto ${bytes}`,
        contenders: [{ name: 'vigo', run: () => fast.sealInto(plaintext, none, output) }, byNode, byNoble],
        check,
      },
      {
        title: `openInto ${bytes}`,
        contenders: [{ name: 'vigo', run: () => fast.openInto(sealed, none, output) }, ...opening],
        check,
      },
      {
        title: `seal ${bytes}`,
        contenders: [{ name: 'vigo', run: () => fast.seal(plaintext, none) }, byNode, byNoble],
        check,
      },
      {
        title: `open ${bytes}`,
        contenders: [{ name: 'vigo', run: () => fast.open(sealed, none) }, ...opening],
        check,
      },
    ];
  });
  const secret = randomBytes(64);
  const long = randomBytes(2 ** 20);
  const output = new Uint8Array(2 ** 20 + SEAL_OVERHEAD_BYTES);
  return [
    ...bySize,
    {
      title: 'seal 64, all draw a nonce',
      contenders: [
        { name: 'vigo', run: () => fast.seal(secret, none) },
        { name: 'node:crypto', run: () => nodeSealWhole(secret) },
        { name: 'noble', run: () => nobleSeal(node.randomBytes(NONCE_BYTES), secret) },
      ],
      check: () => requireAgreement(fast, secret),
    },
    {
      title: 'sealInto 1048576, scalar build',
      contenders: [
        { name: 'vigo', run: () => everywhere.sealInto(long, none, output) },
        { name: 'node:crypto', run: () => nodeSeal(long) },
        { name: 'noble', run: () => nobleSeal(nonce, long) },
      ],
      check: () => requireAgreement(everywhere, long),
    },
  ];
}

interface Line {
  title: string;
  timings: Timing[];
}

async function measure(): Promise<Line[]> {
  const aes = await loadAes256Gcm();
  const scalarKernel = startKernel(scalar);
  if (scalarKernel === undefined) throw new Error('the scalar build does not start');
  const everywhere = makeAes256Gcm(scalarKernel, { build: 'scalar', sha256: scalar.sha256 });
  const lines: Line[] = [];
  for (const race of races(aes.importKey(rawKey), everywhere.importKey(rawKey))) {
    lines.push({ title: race.title, timings: await time(race) });
  }
  return lines;
}

function format(lines: readonly Line[]): string {
  const microseconds = (ms = Number.NaN) => {
    const us = ms * 1000;
    return us >= 1000 ? us.toFixed(0) : us.toPrecision(3);
  };
  const rows = lines.map(({ title, timings: [vigo, byNode, byNoble] }) => [
    title,
    `${microseconds(vigo?.median)} (${microseconds(vigo?.lowerQuartile)}–${microseconds(vigo?.upperQuartile)})`,
    ...[byNode, byNoble].flatMap((other) => {
      const { median, ratio } = other ?? { median: Number.NaN, ratio: Number.NaN };
      return [microseconds(median), ratio.toPrecision(ratio < 1 ? 2 : 3)];
    }),
  ]);
  const header = ['bytes, µs a call', 'vigo (middle half)', 'node:crypto', '×', 'noble', '×'];
  const lineOf = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [header, header.map((_, i) => (i === 0 ? '---' : '---:')), ...rows].map(lineOf).join('\n');
}

if (process.argv[2] === '--one') {
  console.log(JSON.stringify(await measure()));
} else {
  printCircumstances({ kernel: (await loadAes256Gcm()).kernel.build, noble: '2.4.0' });
  console.log(`          the best of ${PROCESSES} processes, by Vigo's median; × is how many times faster Vigo is\n`);
  const runs = Array.from({ length: PROCESSES }, () => {
    const script = process.argv[1] ?? '';
    return JSON.parse(
      execFileSync(process.execPath, [...process.execArgv, script, '--one'], { encoding: 'utf8' }),
    ) as Line[];
  });
  const best = (runs[0] ?? []).map((_, i) =>
    runs
      .flatMap((run) => run[i] ?? [])
      .reduce((a, b) => ((b.timings[0]?.median ?? 0) < (a.timings[0]?.median ?? 0) ? b : a)),
  );
  console.log(format(best));
}
