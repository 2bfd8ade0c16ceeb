import { randomBytes } from 'node:crypto';
import t from 'tap';
import { conduct } from '../../bench/experiment.js';

const secret = randomBytes(1024);

/** What the test for leaks must find, or it finds nothing: a comparison that ends at the first difference. */
function leakyEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.every((byte, i) => byte === b[i]);
}

t.test('a comparison that ends early is found out', async (t) => {
  const { maxT } = conduct(
    {
      name: 'leaky',
      input(kind) {
        const guess = Uint8Array.from(secret);
        const at = kind === 0 ? 0 : 1023;
        guess[at] = (guess[at] ?? 0) ^ 1;
        return guess;
      },
      run: (guess) => leakyEqual(secret, guess),
    },
    4000,
  );
  // The first byte takes less time than the last.
  t.ok(maxT < -10);
});

t.test('both classes are drawn, equally often, and each input is run in the same buffer', async (t) => {
  const drawn = [0, 0];
  const buffers = new Set<ArrayBufferLike>();
  const ran = [0, 0];
  const { counts, medianNs, resolutionNs } = conduct(
    {
      name: 'counted',
      input(kind) {
        drawn[kind] = (drawn[kind] ?? 0) + 1;
        return Uint8Array.of(kind, 7);
      },
      run(input) {
        buffers.add(input.buffer);
        ran[input[0] ?? 2] = (ran[input[0] ?? 2] ?? 0) + 1;
      },
    },
    10_000,
  );
  t.equal(buffers.size, 1);
  t.ok(Math.abs((drawn[0] ?? 0) - (drawn[1] ?? 0)) < 2000);
  // One more input shows how large the buffer must be.
  t.strictSame(ran, [(drawn[0] ?? 0) - 1, drawn[1]]);
  t.ok(counts[0] + counts[1] <= 10_000);
  t.ok(medianNs > 0 && resolutionNs > 0);
});
