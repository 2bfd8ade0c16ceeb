// The AES state as eight bit planes: plane i holds bit i of every state byte, of all blocks of a batch.

import { and, repeat, shiftLeft, shiftRight, xor } from './word';

/** Where the bits `mask << bits` of a differ from the bits `mask` of b. */
@inline function differing<W>(a: W, b: W, bits: i32, mask: u64): W {
  return and<W>(xor<W>(shiftRight<W>(a, bits), b), repeat<W>(mask));
}

/** Turns eight words of bytes into eight bit planes: bit i of byte j in word w moves to bit w of byte j in word i. Self-inverse. */
export function transpose<W>(state: usize): void {
  let a = load<W>(state, 0 * sizeof<W>());
  let b = load<W>(state, 1 * sizeof<W>());
  let c = load<W>(state, 2 * sizeof<W>());
  let d = load<W>(state, 3 * sizeof<W>());
  let e = load<W>(state, 4 * sizeof<W>());
  let f = load<W>(state, 5 * sizeof<W>());
  let g = load<W>(state, 6 * sizeof<W>());
  let h = load<W>(state, 7 * sizeof<W>());
  let ab = differing<W>(a, b, 1, 0x5555555555555555);
  let cd = differing<W>(c, d, 1, 0x5555555555555555);
  let ef = differing<W>(e, f, 1, 0x5555555555555555);
  let gh = differing<W>(g, h, 1, 0x5555555555555555);
  a = xor<W>(a, shiftLeft<W>(ab, 1)), b = xor<W>(b, ab);
  c = xor<W>(c, shiftLeft<W>(cd, 1)), d = xor<W>(d, cd);
  e = xor<W>(e, shiftLeft<W>(ef, 1)), f = xor<W>(f, ef);
  g = xor<W>(g, shiftLeft<W>(gh, 1)), h = xor<W>(h, gh);
  let ac = differing<W>(a, c, 2, 0x3333333333333333);
  let bd = differing<W>(b, d, 2, 0x3333333333333333);
  let eg = differing<W>(e, g, 2, 0x3333333333333333);
  let fh = differing<W>(f, h, 2, 0x3333333333333333);
  a = xor<W>(a, shiftLeft<W>(ac, 2)), c = xor<W>(c, ac);
  b = xor<W>(b, shiftLeft<W>(bd, 2)), d = xor<W>(d, bd);
  e = xor<W>(e, shiftLeft<W>(eg, 2)), g = xor<W>(g, eg);
  f = xor<W>(f, shiftLeft<W>(fh, 2)), h = xor<W>(h, fh);
  const ae = differing<W>(a, e, 4, 0x0f0f0f0f0f0f0f0f);
  const bf = differing<W>(b, f, 4, 0x0f0f0f0f0f0f0f0f);
  const cg = differing<W>(c, g, 4, 0x0f0f0f0f0f0f0f0f);
  const dh = differing<W>(d, h, 4, 0x0f0f0f0f0f0f0f0f);
  store<W>(state, xor<W>(a, shiftLeft<W>(ae, 4)), 0 * sizeof<W>());
  store<W>(state, xor<W>(b, shiftLeft<W>(bf, 4)), 1 * sizeof<W>());
  store<W>(state, xor<W>(c, shiftLeft<W>(cg, 4)), 2 * sizeof<W>());
  store<W>(state, xor<W>(d, shiftLeft<W>(dh, 4)), 3 * sizeof<W>());
  store<W>(state, xor<W>(e, ae), 4 * sizeof<W>());
  store<W>(state, xor<W>(f, bf), 5 * sizeof<W>());
  store<W>(state, xor<W>(g, cg), 6 * sizeof<W>());
  store<W>(state, xor<W>(h, dh), 7 * sizeof<W>());
}
