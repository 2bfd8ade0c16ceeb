import fc from 'fast-check';
import t from 'tap';
import { type ReplayVerdict, ReplayWindow } from '../../lib/identity/replay-window.js';

/** The same, without any cleverness. */
class Model {
  readonly #used = new Set<number>();
  highest = -1;

  accept(sequence: number): ReplayVerdict {
    if (sequence <= this.highest - 64) return 'too_old';
    if (this.#used.has(sequence)) return 'replayed';
    this.#used.add(sequence);
    this.highest = Math.max(this.highest, sequence);
    return 'fresh';
  }
}

function agrees(sequences: readonly number[]): void {
  const window = new ReplayWindow();
  const model = new Model();
  for (const sequence of sequences) {
    const [verdict, expected] = [window.accept(sequence), model.accept(sequence)];
    if (verdict !== expected) throw new Error(`${sequence}: ${verdict} instead of ${expected}`);
    if (window.highest !== model.highest) throw new Error(`highest is ${window.highest} instead of ${model.highest}`);
  }
}

t.test('it agrees with a plain set', async () => {
  const far = fc.array(fc.maxSafeNat());
  const near = fc.array(fc.nat({ max: 200 }), { maxLength: 400 });
  const atTheEnd = near.map((list) => list.map((n) => Number.MAX_SAFE_INTEGER - n));
  const steps = fc
    .array(fc.oneof(fc.integer({ min: -70, max: 70 }), fc.constantFrom(-65, -64, -63, 0, 63, 64, 65)), {
      maxLength: 200,
    })
    .map((list) => {
      let at = 1000 * 70;
      return list.map((step) => (at += step));
    });
  for (const sequences of [far, near, atTheEnd, steps]) fc.assert(fc.property(sequences, agrees));
});

t.test('the edge of the window', async (t) => {
  const window = new ReplayWindow();
  t.equal(window.highest, -1);
  t.equal(window.accept(1000), 'fresh');
  t.equal(window.accept(1000), 'replayed');
  t.equal(window.accept(937), 'fresh');
  t.equal(window.accept(937), 'replayed');
  t.equal(window.accept(936), 'too_old');
  t.equal(window.accept(1063), 'fresh');
  t.equal(window.accept(1000), 'replayed');
  t.equal(window.accept(1064), 'fresh');
  t.equal(window.accept(1000), 'too_old');
  t.equal(window.highest, 1064);
});

t.test('the whole range of counters', async (t) => {
  const window = new ReplayWindow();
  t.equal(window.accept(0), 'fresh');
  t.equal(window.accept(0), 'replayed');
  t.equal(window.accept(Number.MAX_SAFE_INTEGER), 'fresh');
  t.equal(window.accept(Number.MAX_SAFE_INTEGER), 'replayed');
  t.equal(window.accept(Number.MAX_SAFE_INTEGER - 63), 'fresh');
  t.equal(window.accept(0), 'too_old');
});
