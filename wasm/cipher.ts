// AES-256 (FIPS 197) over the blocks in STATE: fourteen rounds, with as many ShiftRows left out until the end.

import { keyPlane, plane, setPlane, transpose } from './planes';
import { round, subBytes } from './round';
import { turnOddRows, xor } from './word';

@inline function addKeyPlane<W>(key: usize, i: usize): void {
  setPlane<W>(i, xor<W>(plane<W>(i), keyPlane<W>(key, i)));
}

function addRoundKey<W>(key: usize): void {
  addKeyPlane<W>(key, 0);
  addKeyPlane<W>(key, 1);
  addKeyPlane<W>(key, 2);
  addKeyPlane<W>(key, 3);
  addKeyPlane<W>(key, 4);
  addKeyPlane<W>(key, 5);
  addKeyPlane<W>(key, 6);
  addKeyPlane<W>(key, 7);
}

function round0<W>(key: usize): void {
  round<W>(key, 0);
}

function round1<W>(key: usize): void {
  round<W>(key, 1);
}

function round2<W>(key: usize): void {
  round<W>(key, 2);
}

function round3<W>(key: usize): void {
  round<W>(key, 3);
}

/** The fourteen ShiftRows that were left out: four of them are none, and two turn the odd rows by two columns. */
function shiftRows14<W>(): void {
  setPlane<W>(0, turnOddRows<W>(plane<W>(0)));
  setPlane<W>(1, turnOddRows<W>(plane<W>(1)));
  setPlane<W>(2, turnOddRows<W>(plane<W>(2)));
  setPlane<W>(3, turnOddRows<W>(plane<W>(3)));
  setPlane<W>(4, turnOddRows<W>(plane<W>(4)));
  setPlane<W>(5, turnOddRows<W>(plane<W>(5)));
  setPlane<W>(6, turnOddRows<W>(plane<W>(6)));
  setPlane<W>(7, turnOddRows<W>(plane<W>(7)));
}

/** Encrypts the blocks in STATE, words of bytes before and after, under the fifteen round keys at `key`. */
export function encryptState<W>(key: usize): void {
  const size = 8 * sizeof<W>();
  transpose<W>();
  addRoundKey<W>(key);
  for (let quarter: u32 = 0; quarter < 3; quarter++) {
    round1<W>(key + size);
    round2<W>(key + 2 * size);
    round3<W>(key + 3 * size);
    key += 4 * size;
    round0<W>(key);
  }
  round1<W>(key + size);
  subBytes<W>();
  shiftRows14<W>();
  addRoundKey<W>(key + 2 * size);
  transpose<W>();
}
