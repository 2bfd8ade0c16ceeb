import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { CryptoError, loadAes256Gcm } from '../../lib/crypto/index.js';

/** What the other thread changes of a byte. */
const TURNS = 0x41;

/** A thread that writes one value and another to the same place until it is told to end, and counts. */
const WRITER = `
const { parentPort, workerData: { memory, at, value, counter } } = require('node:worker_threads');
const [bytes, count] = [new Uint8Array(memory), new Int32Array(counter)];
parentPort.postMessage('ready');
while (Atomics.load(count, 1) === 0) {
  for (let i = 0; i < 50; i++) bytes[at] = i % 2 === 0 ? value : value ^ ${TURNS};
  Atomics.add(count, 0, 1);
}`;

/** So many calls during which the other thread has written, */
const DISTURBED_CALLS = 30;
/** of at most so many. */
const MAX_CALLS = 50_000;

const key = (await loadAes256Gcm()).importKey(randomBytes(32));
const aad = randomBytes(20);
const realms = { "this realm's": SharedArrayBuffer, "another realm's": runInNewContext('SharedArrayBuffer') };
/** One call of the kernel, and several. */
const lengths = [2000, 60_000];

/** Calls until the writer has often enough come between. */
async function disturbed(memory: SharedArrayBuffer, at: number, call: () => void): Promise<number> {
  const counter = new SharedArrayBuffer(8);
  const count = new Int32Array(counter);
  const value = new Uint8Array(memory)[at];
  const worker = new Worker(WRITER, { eval: true, workerData: { memory, at, value, counter } });
  try {
    await once(worker, 'message');
    let calls = 0;
    for (let i = 0; i < MAX_CALLS && calls < DISTURBED_CALLS; i++) {
      const before = Atomics.load(count, 0);
      call();
      if (Atomics.load(count, 0) !== before) calls++;
    }
    return calls;
  } finally {
    Atomics.store(count, 1, 1);
    await once(worker, 'exit');
  }
}

/** What was opened, or undefined where it was refused. */
function unlessForged<T>(open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    if (error instanceof CryptoError && error.code === 'forged') return undefined;
    throw error;
  }
}

for (const [whose, Shared] of Object.entries(realms)) {
  for (const length of lengths) {
    const text = randomBytes(length);

    t.test(`opening ${length} bytes of ${whose} shared memory, to which another thread writes`, async (t) => {
      const memory: SharedArrayBuffer = new Shared(length + 28);
      const sealed = new Uint8Array(memory);
      sealed.set(key.seal(text, aad));
      const output = new Uint8Array(length);
      const untouched = Buffer.alloc(length, 0xa5);
      const wrong = { opened: 0, refused: 0 };
      const calls = await disturbed(memory, 12 + length - 30, () => {
        output.set(untouched);
        const written = unlessForged(() => key.openInto(sealed, aad, output));
        if (written === undefined ? !untouched.equals(output) : !text.equals(output)) {
          wrong[written === undefined ? 'refused' : 'opened']++;
        }
        const opened = unlessForged(() => key.open(sealed, aad));
        if (opened !== undefined && !text.equals(opened)) wrong.opened++;
      });
      t.equal(calls, DISTURBED_CALLS, 'the other thread has come between');
      t.same(wrong, { opened: 0, refused: 0 }, 'nothing but what was sealed is ever given out');
    });

    t.test(`sealing ${length} bytes of ${whose} shared memory in place, to which another thread writes`, async (t) => {
      const memory: SharedArrayBuffer = new Shared(length + 528);
      // Two buffer objects over one memory: only their kind tells that the output comes over what is still to be read.
      const [input, output] = [new Uint8Array(memory, 0, length), new Uint8Array(structuredClone(memory), 500)];
      // Before the output, and where it comes over the input.
      for (const at of [30, 1000]) {
        input.set(text);
        const other = Buffer.from(text);
        other[at] = (other[at] as number) ^ TURNS;
        let wrong = 0;
        const calls = await disturbed(memory, at, () => {
          input.set(text);
          const sealed = Uint8Array.from(output.subarray(0, key.sealInto(input, aad, output)));
          const opened = unlessForged(() => key.open(sealed, aad));
          // What was written over the sealed text afterwards is refused, and may be.
          if (opened !== undefined && !text.equals(opened) && !other.equals(opened)) wrong++;
        });
        t.equal(calls, DISTURBED_CALLS, 'the other thread has come between');
        t.equal(wrong, 0, 'it opens to what stood there, or not at all');
      }
    });
  }
}
