import fc from 'fast-check';

/** One change of some bytes. Places and lengths are taken modulo what there is, so that each fits every input. */
export type Mutation =
  | { readonly kind: 'flip'; readonly bit: number }
  | { readonly kind: 'put'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'insert'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly kind: 'cut'; readonly at: number; readonly length: number }
  | { readonly kind: 'repeat'; readonly at: number; readonly length: number; readonly times: number }
  | { readonly kind: 'move'; readonly from: number; readonly length: number; readonly to: number }
  | { readonly kind: 'splice'; readonly at: number; readonly from: number };

/** What parsers stumble over: ends of integer ranges in both orders, long varints, tags, openings without an end. */
const INTERESTING = [
  '00',
  'ff',
  '7f',
  '80',
  '0000',
  'ffff',
  '7fffffff',
  '80000000',
  'ffffffff',
  '001fffffffffffff',
  '0020000000000000',
  'ffffffffffffffff',
  '808000',
  'ffffffff0f',
  'ffffffffffffffffff01',
  '0b',
  '0c',
  '0a00',
  '8a00',
  'c080',
  'edb080',
  'efbbbf',
  '22',
  '5c',
  '5b5b5b5b',
  '7b22',
  '2c',
  '6e756c6c',
  '2d31',
  '316539393939',
  '225f5f70726f746f5f5f223a7b7d',
  '0d0a',
].map((hex) => Buffer.from(hex, 'hex'));

const place = fc.nat(1 << 24);
const bytes = fc.oneof(fc.constantFrom(...INTERESTING), fc.uint8Array({ minLength: 1, maxLength: 9 }));

export const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('flip' as const), bit: place }),
    fc.record({ kind: fc.constant('put' as const), at: place, bytes }),
    fc.record({ kind: fc.constant('insert' as const), at: place, bytes }),
    fc.record({ kind: fc.constant('cut' as const), at: place, length: place }),
    fc.record({ kind: fc.constant('repeat' as const), at: place, length: fc.nat(64), times: fc.nat(40) }),
    fc.record({ kind: fc.constant('move' as const), from: place, length: fc.nat(64), to: place }),
    fc.record({ kind: fc.constant('splice' as const), at: place, from: place }),
  ),
  { minLength: 1, maxLength: 6 },
);

/** @param other what a splice goes on with */
export function mutate(input: Uint8Array, changes: readonly Mutation[], other: Uint8Array): Buffer {
  return changes.reduce((bytes: Buffer, change) => apply(bytes, change, other), Buffer.from(input));
}

function apply(input: Buffer, change: Mutation, other: Uint8Array): Buffer {
  const within = (place: number) => place % (input.length + 1);
  switch (change.kind) {
    case 'flip': {
      const flipped = Buffer.from(input);
      const at = (change.bit >> 3) % Math.max(1, input.length);
      if (input.length > 0) flipped.writeUInt8(flipped.readUInt8(at) ^ (1 << (change.bit & 7)), at);
      return flipped;
    }
    case 'put': {
      const at = within(change.at);
      return Buffer.concat([input.subarray(0, at), change.bytes, input.subarray(at + change.bytes.length)]);
    }
    case 'insert': {
      const at = within(change.at);
      return Buffer.concat([input.subarray(0, at), change.bytes, input.subarray(at)]);
    }
    case 'cut': {
      const at = within(change.at);
      return Buffer.concat([input.subarray(0, at), input.subarray(at + 1 + (change.length % (input.length + 1)))]);
    }
    case 'repeat': {
      const at = within(change.at);
      const span = input.subarray(at, at + change.length);
      return Buffer.concat([input.subarray(0, at), ...Array<Buffer>(change.times).fill(span), input.subarray(at)]);
    }
    case 'move': {
      const from = within(change.from);
      const span = input.subarray(from, from + change.length);
      const rest = Buffer.concat([input.subarray(0, from), input.subarray(from + change.length)]);
      const to = change.to % (rest.length + 1);
      return Buffer.concat([rest.subarray(0, to), span, rest.subarray(to)]);
    }
    case 'splice':
      return Buffer.concat([input.subarray(0, within(change.at)), other.subarray(change.from % (other.length + 1))]);
  }
}
