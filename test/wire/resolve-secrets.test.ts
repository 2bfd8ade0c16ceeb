import fc from 'fast-check';
import t from 'tap';
import { parseKeyName } from '../../lib/base/index.js';
import { ResolveSecrets as Message } from '../../lib/gen/proto/vigo/v1/messages.js';
import { decodeResolveSecrets, encodeResolveSecrets, MAX_REFS, type ResolveSecrets } from '../../lib/wire/index.js';
import { byteStrings, counters, keyNames, survivesJunk } from './test-wire.js';

const KEM_PUBLIC_KEY_BYTES = 1216;
const malformed = { name: 'WireError', code: 'malformed' };

const requests: fc.Arbitrary<ResolveSecrets> = fc.record({
  policyVersion: counters,
  refs: fc
    .uniqueArray(fc.record({ key: keyNames, heldVersion: fc.option(fc.integer({ min: 1 }), { nil: undefined }) }), {
      minLength: 1,
      maxLength: 10,
      selector: ({ key }) => key,
    })
    .map((refs) => refs.sort((a, b) => (a.key < b.key ? -1 : 1))),
  kemPublicKey: byteStrings(KEM_PUBLIC_KEY_BYTES),
  generation: fc.option(byteStrings(40), { nil: undefined }),
});

function message(change: Partial<Message> = {}): Uint8Array {
  const refs = [{ key: 'vigo/db/dsn', heldVersion: 0n }];
  return Message.encode({
    policyVersion: 1n,
    refs,
    kemPublicKey: Buffer.alloc(KEM_PUBLIC_KEY_BYTES),
    generation: Buffer.alloc(40),
    ...change,
  }).finish();
}

t.test('decode then encode is the identity', async (t) => {
  fc.assert(
    fc.property(requests, (request) => {
      const bytes = encodeResolveSecrets(request);
      const decoded = decodeResolveSecrets(bytes);
      t.same(decoded, request);
      return Buffer.from(encodeResolveSecrets(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test('fields of another shape', async (t) => {
  const ref = (key: string) => ({ key, heldVersion: 0n });
  t.doesNotThrow(() => decodeResolveSecrets(message()));
  const rows: [string, Partial<Message>][] = [
    ['no refs', { refs: [] }],
    ['too many refs', { refs: Array.from({ length: MAX_REFS + 1 }, (_, i) => ref(`k${String(i).padStart(6, '0')}`)) }],
    ['not sorted', { refs: [ref('b'), ref('a')] }],
    ['the same one twice', { refs: [ref('a'), ref('a')] }],
    ['a key that is none', { refs: [ref('../.master.key')] }],
    ['an empty key', { refs: [ref('')] }],
    ['a version of 2^53', { refs: [{ key: 'a', heldVersion: 2n ** 53n }] }],
    ['a policy version of 2^53', { policyVersion: 2n ** 53n }],
    ['no KEM key', { kemPublicKey: Buffer.alloc(0) }],
    ['a short KEM key', { kemPublicKey: Buffer.alloc(KEM_PUBLIC_KEY_BYTES - 1) }],
    ['a short generation', { generation: Buffer.alloc(39) }],
  ];
  for (const [what, change] of rows) t.throws(() => decodeResolveSecrets(message(change)), malformed, what);
});

t.test('as many refs as allowed', async (t) => {
  const refs = Array.from({ length: MAX_REFS }, (_, i) => ({
    key: parseKeyName(`k${String(i).padStart(6, '0')}`),
    heldVersion: undefined,
  }));
  const kemPublicKey = Buffer.alloc(KEM_PUBLIC_KEY_BYTES);
  const bytes = encodeResolveSecrets({ policyVersion: 1, refs, kemPublicKey, generation: undefined });
  t.equal(decodeResolveSecrets(bytes).refs.length, MAX_REFS);
});

t.test('junk', async (t) => survivesJunk(t, decodeResolveSecrets, encodeResolveSecrets, message()));
