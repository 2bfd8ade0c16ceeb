/**
 * Base64 of keys (RFC 4648), bytes to bytes: a string can't be wiped. Without a table and without a branch on the data,
 * so that neither the cache nor the clock tells of it.
 */

/** Section 4, padded. The caller wipes both. */
export function keyToBase64(bytes: Uint8Array): Uint8Array {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(PAD);
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(from, from + 3);
    text[to] = character(a >> 2);
    text[to + 1] = character(((a & 3) << 4) | (b >> 4));
    if (from + 1 < bytes.length) text[to + 2] = character(((b & 15) << 2) | (c >> 6));
    if (from + 2 < bytes.length) text[to + 3] = character(c & 63);
  }
  return text;
}

const PAD = 0x3d;

/** `A–Z`, `a–z`, `0–9`, `+` and `/`: whoever is beyond the end of one of them goes on by the distance to the next. */
function character(sextet: number): number {
  return (
    0x41 +
    sextet +
    (((25 - sextet) >> 8) & 6) -
    (((51 - sextet) >> 8) & 75) -
    (((61 - sextet) >> 8) & 15) +
    (((62 - sextet) >> 8) & 3)
  );
}
