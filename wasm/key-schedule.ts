// AES-256 key expansion (FIPS 197 section 5.2). SubWord goes through the same circuit as the cipher.

import { SCHEDULE, STATE } from './memory';
import { transpose } from './planes';
import { subBytes } from './round';

/** SubWord: four bytes of one word through the S-box, the rest of the planes zero. Where they stand doesn't matter. */
function substituteWord(word: u32): u32 {
  memory.fill(STATE, 0, 64);
  store<u32>(STATE, word);
  transpose<u64>(STATE);
  subBytes<u64>(STATE);
  transpose<u64>(STATE);
  return load<u32>(STATE) ^ 0x63636363;
}

@inline function word(i: usize): u32 {
  return load<u32>(SCHEDULE + i * 4);
}

/** Writes the 60 words of the schedule for the 32-byte key at `key` to SCHEDULE. */
export function expandWords(key: usize): void {
  memory.copy(SCHEDULE, key, 32);
  let roundConstant: u32 = 1;
  for (let i: usize = 8; i < 60; i++) {
    let next = word(i - 1);
    if ((i & 7) == 0) {
      next = substituteWord(rotr<u32>(next, 8)) ^ roundConstant;
      roundConstant <<= 1;
    } else if ((i & 7) == 4) {
      next = substituteWord(next);
    }
    store<u32>(SCHEDULE + i * 4, word(i - 8) ^ next);
  }
}

/**
 * Column `column` of the key of round `round`, its rows moved back by as many ShiftRows as the state of that round
 * stands unshifted by, and with the S-box's constant 0x63 that `subBytes` leaves out.
 */
export function roundKeyColumn(round: u32, column: u32): u32 {
  // The last round key meets a state whose rows have been brought home.
  const shifts = round == 14 ? 0 : round;
  let bytes: u32 = 0;
  for (let row: u32 = 0; row < 4; row++) {
    bytes |= word(round * 4 + ((column - shifts * row) & 3)) & (<u32>0xff << (row * 8));
  }
  return round == 0 ? bytes : bytes ^ 0x63636363;
}
