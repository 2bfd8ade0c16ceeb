// AES-256 (FIPS 197) over the planes of a state: fourteen rounds, with as many ShiftRows left out until the end.
// The key is fifteen round keys of eight planes.

import { round, subBytes } from './round';
import { turnOddRows, xor } from './word';

function round0<W>(state: usize, key: usize): void {
  round<W>(state, key, 0);
}

function round1<W>(state: usize, key: usize): void {
  round<W>(state, key, 1);
}

function round2<W>(state: usize, key: usize): void {
  round<W>(state, key, 2);
}

function round3<W>(state: usize, key: usize): void {
  round<W>(state, key, 3);
}

/** AddRoundKey with the first key, and the first round. */
export function encryptFirst<W>(state: usize, key: usize): void {
  for (let i: usize = 0; i < 8 * sizeof<W>(); i += sizeof<W>()) {
    store<W>(state + i, xor<W>(load<W>(state + i), load<W>(key + i)));
  }
  round1<W>(state, key + 8 * sizeof<W>());
}

/** The last round, with the fourteen ShiftRows that were left out: four are none, and two turn the odd rows by two columns. */
function encryptLast<W>(state: usize, key: usize): void {
  subBytes<W>(state);
  for (let i: usize = 0; i < 8 * sizeof<W>(); i += sizeof<W>()) {
    store<W>(state + i, xor<W>(turnOddRows<W>(load<W>(state + i)), load<W>(key + i)));
  }
}

/** The rounds after the first. `key` is where the fifteen keys begin. */
export function encryptRest<W>(state: usize, key: usize): void {
  const size = 8 * sizeof<W>();
  for (const end = key + 12 * size; key < end; key += 4 * size) {
    round2<W>(state, key + 2 * size);
    round3<W>(state, key + 3 * size);
    round0<W>(state, key + 4 * size);
    round1<W>(state, key + 5 * size);
  }
  encryptLast<W>(state, key + 2 * size);
}

/** The same for two states in turn: while the one waits for a result, the processor gets on with the other. */
export function encryptRestOfTwo<W>(state: usize, other: usize, key: usize): void {
  const size = 8 * sizeof<W>();
  for (const end = key + 12 * size; key < end; key += 4 * size) {
    round2<W>(state, key + 2 * size);
    round2<W>(other, key + 2 * size);
    round3<W>(state, key + 3 * size);
    round3<W>(other, key + 3 * size);
    round0<W>(state, key + 4 * size);
    round0<W>(other, key + 4 * size);
    round1<W>(state, key + 5 * size);
    round1<W>(other, key + 5 * size);
  }
  encryptLast<W>(state, key + 2 * size);
  encryptLast<W>(other, key + 2 * size);
}
