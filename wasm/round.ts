// The AES round over bit planes (Käsper and Schwabe, "Faster and Timing-Attack Resistant AES-GCM"): the S-box is a circuit,
// so nothing is ever looked up. ShiftRows is never executed: after round r the state stands unshifted by r ShiftRows, and
// MixColumns and the round keys follow it (Adomnicai and Peyrin, "Fixslicing AES-like Ciphers"). A uniform shift of the
// columns remains of it, as an argument of `rotateSum`.

import { and, rotateSum, xor } from './word';

const SUBSTITUTE: i32 = -1;

/**
 * One round in a piece, so that the planes stay in registers. SubBytes is a circuit of 32 and- and 83 xor-gates (Boyar and
 * Peralta, "A New Combinational Logic Minimization Technique with Applications to Cryptology"); names as in the paper, x
 * and s count from the highest bit. Its four final negations, the constant 0x63, stand in the round keys instead:
 * MixColumns maps that constant to itself. MixColumns and AddRoundKey of round r follow, where `skew` is r modulo 4.
 */
@inline export function round<W>(state: usize, key: usize, skew: i32): void {
  const x0 = load<W>(state, 7 * sizeof<W>());
  const x1 = load<W>(state, 6 * sizeof<W>());
  const x2 = load<W>(state, 5 * sizeof<W>());
  const x3 = load<W>(state, 4 * sizeof<W>());
  const x4 = load<W>(state, 3 * sizeof<W>());
  const x5 = load<W>(state, 2 * sizeof<W>());
  const x6 = load<W>(state, 1 * sizeof<W>());
  const x7 = load<W>(state, 0 * sizeof<W>());
  const y14 = xor<W>(x3, x5);
  const y13 = xor<W>(x0, x6);
  const y9 = xor<W>(x0, x3);
  const y8 = xor<W>(x0, x5);
  const t0 = xor<W>(x1, x2);
  const y1 = xor<W>(t0, x7);
  const y4 = xor<W>(y1, x3);
  const y12 = xor<W>(y13, y14);
  const y2 = xor<W>(y1, x0);
  const y5 = xor<W>(y1, x6);
  const y3 = xor<W>(y5, y8);
  const t1 = xor<W>(x4, y12);
  const y15 = xor<W>(t1, x5);
  const y20 = xor<W>(t1, x1);
  const y6 = xor<W>(y15, x7);
  const y10 = xor<W>(y15, t0);
  const y11 = xor<W>(y20, y9);
  const y7 = xor<W>(x7, y11);
  const y17 = xor<W>(y10, y11);
  const y19 = xor<W>(y10, y8);
  const y16 = xor<W>(t0, y11);
  const y21 = xor<W>(y13, y16);
  const y18 = xor<W>(x0, y16);
  const t2 = and<W>(y12, y15);
  const t3 = and<W>(y3, y6);
  const t4 = xor<W>(t3, t2);
  const t5 = and<W>(y4, x7);
  const t6 = xor<W>(t5, t2);
  const t7 = and<W>(y13, y16);
  const t8 = and<W>(y5, y1);
  const t9 = xor<W>(t8, t7);
  const t10 = and<W>(y2, y7);
  const t11 = xor<W>(t10, t7);
  const t12 = and<W>(y9, y11);
  const t13 = and<W>(y14, y17);
  const t14 = xor<W>(t13, t12);
  const t15 = and<W>(y8, y10);
  const t16 = xor<W>(t15, t12);
  const t17 = xor<W>(t4, t14);
  const t18 = xor<W>(t6, t16);
  const t19 = xor<W>(t9, t14);
  const t20 = xor<W>(t11, t16);
  const t21 = xor<W>(t17, y20);
  const t22 = xor<W>(t18, y19);
  const t23 = xor<W>(t19, y21);
  const t24 = xor<W>(t20, y18);
  const t25 = xor<W>(t21, t22);
  const t26 = and<W>(t21, t23);
  const t27 = xor<W>(t24, t26);
  const t28 = and<W>(t25, t27);
  const t29 = xor<W>(t28, t22);
  const t30 = xor<W>(t23, t24);
  const t31 = xor<W>(t22, t26);
  const t32 = and<W>(t31, t30);
  const t33 = xor<W>(t32, t24);
  const t34 = xor<W>(t23, t33);
  const t35 = xor<W>(t27, t33);
  const t36 = and<W>(t24, t35);
  const t37 = xor<W>(t36, t34);
  const t38 = xor<W>(t27, t36);
  const t39 = and<W>(t29, t38);
  const t40 = xor<W>(t25, t39);
  const t41 = xor<W>(t40, t37);
  const t42 = xor<W>(t29, t33);
  const t43 = xor<W>(t29, t40);
  const t44 = xor<W>(t33, t37);
  const t45 = xor<W>(t42, t41);
  const z0 = and<W>(t44, y15);
  const z1 = and<W>(t37, y6);
  const z2 = and<W>(t33, x7);
  const z3 = and<W>(t43, y16);
  const z4 = and<W>(t40, y1);
  const z5 = and<W>(t29, y7);
  const z6 = and<W>(t42, y11);
  const z7 = and<W>(t45, y17);
  const z8 = and<W>(t41, y10);
  const z9 = and<W>(t44, y12);
  const z10 = and<W>(t37, y3);
  const z11 = and<W>(t33, y4);
  const z12 = and<W>(t43, y13);
  const z13 = and<W>(t40, y5);
  const z14 = and<W>(t29, y2);
  const z15 = and<W>(t42, y9);
  const z16 = and<W>(t45, y14);
  const z17 = and<W>(t41, y8);
  const t46 = xor<W>(z15, z16);
  const t47 = xor<W>(z10, z11);
  const t48 = xor<W>(z5, z13);
  const t49 = xor<W>(z9, z10);
  const t50 = xor<W>(z2, z12);
  const t51 = xor<W>(z2, z5);
  const t52 = xor<W>(z7, z8);
  const t53 = xor<W>(z0, z3);
  const t54 = xor<W>(z6, z7);
  const t55 = xor<W>(z16, z17);
  const t56 = xor<W>(z12, t48);
  const t57 = xor<W>(t50, t53);
  const t58 = xor<W>(z4, t46);
  const t59 = xor<W>(z3, t54);
  const t60 = xor<W>(t46, t57);
  const t61 = xor<W>(z14, t57);
  const t62 = xor<W>(t52, t58);
  const t63 = xor<W>(t49, t58);
  const t64 = xor<W>(z4, t59);
  const t65 = xor<W>(t61, t62);
  const t66 = xor<W>(z1, t63);
  const s0 = xor<W>(t59, t63);
  const s6 = xor<W>(t56, t62);
  const s7 = xor<W>(t48, t60);
  const t67 = xor<W>(t64, t65);
  const s3 = xor<W>(t53, t66);
  const s4 = xor<W>(t51, t66);
  const s5 = xor<W>(t47, t65);
  const s1 = xor<W>(t64, s3);
  const s2 = xor<W>(t55, t67);

  if (skew == SUBSTITUTE) {
    store<W>(state, s0, 7 * sizeof<W>());
    store<W>(state, s1, 6 * sizeof<W>());
    store<W>(state, s2, 5 * sizeof<W>());
    store<W>(state, s3, 4 * sizeof<W>());
    store<W>(state, s4, 3 * sizeof<W>());
    store<W>(state, s5, 2 * sizeof<W>());
    store<W>(state, s6, 1 * sizeof<W>());
    store<W>(state, s7, 0 * sizeof<W>());
  } else {
    // Row i of MixColumns, of the rows a, is 2 (a[i] + a[i+1]) + a[i+1] + (a[i+2] + a[i+3]). Doubling moves each plane
    // up by one and folds the highest, which is s0, in by 0x1b.
    const r0 = rotateSum<W>(t59, t63, 1, skew), d0 = xor<W>(s0, r0);
    const r1 = rotateSum<W>(t64, s3, 1, skew), d1 = xor<W>(s1, r1);
    const r2 = rotateSum<W>(t55, t67, 1, skew), d2 = xor<W>(s2, r2);
    const r3 = rotateSum<W>(t53, t66, 1, skew), d3 = xor<W>(s3, r3);
    const r4 = rotateSum<W>(t51, t66, 1, skew), d4 = xor<W>(s4, r4);
    const r5 = rotateSum<W>(t47, t65, 1, skew), d5 = xor<W>(s5, r5);
    const r6 = rotateSum<W>(t56, t62, 1, skew), d6 = xor<W>(s6, r6);
    const r7 = rotateSum<W>(t48, t60, 1, skew), d7 = xor<W>(s7, r7);
    store<W>(state, mixed<W>(r7, rotateSum<W>(s7, r7, 2, skew), d0, load<W>(key, 0 * sizeof<W>())), 0 * sizeof<W>());
    store<W>(state, mixed<W>(r6, rotateSum<W>(s6, r6, 2, skew), xor<W>(d7, d0), load<W>(key, 1 * sizeof<W>())), 1 * sizeof<W>());
    store<W>(state, mixed<W>(r5, rotateSum<W>(s5, r5, 2, skew), d6, load<W>(key, 2 * sizeof<W>())), 2 * sizeof<W>());
    store<W>(state, mixed<W>(r4, rotateSum<W>(s4, r4, 2, skew), xor<W>(d5, d0), load<W>(key, 3 * sizeof<W>())), 3 * sizeof<W>());
    store<W>(state, mixed<W>(r3, rotateSum<W>(s3, r3, 2, skew), xor<W>(d4, d0), load<W>(key, 4 * sizeof<W>())), 4 * sizeof<W>());
    store<W>(state, mixed<W>(r2, rotateSum<W>(s2, r2, 2, skew), d3, load<W>(key, 5 * sizeof<W>())), 5 * sizeof<W>());
    store<W>(state, mixed<W>(r1, rotateSum<W>(s1, r1, 2, skew), d2, load<W>(key, 6 * sizeof<W>())), 6 * sizeof<W>());
    store<W>(state, mixed<W>(r0, rotateSum<W>(s0, r0, 2, skew), d1, load<W>(key, 7 * sizeof<W>())), 7 * sizeof<W>());
  }
}

@inline function mixed<W>(next: W, opposite: W, doubled: W, key: W): W {
  return xor<W>(xor<W>(next, opposite), xor<W>(doubled, key));
}

/** SubBytes alone, without its constant. */
export function subBytes<W>(state: usize): void {
  round<W>(state, 0, SUBSTITUTE);
}
