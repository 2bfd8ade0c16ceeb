import fc from 'fast-check';
import t from 'tap';
import { parseKeyName, Secret } from '../../lib/base/index.js';
import { decodeSecretBatch, encodeSecretBatch, type SecretValue } from '../../lib/wire/messages/secret-batch.js';
import { counters, keyNames, survivesJunk } from './test-wire.js';

const batches: fc.Arbitrary<SecretValue[]> = fc.array(
  fc.record({
    key: keyNames,
    version: counters,
    value: fc.uint8Array().map((bytes) => new Secret(Uint8Array.from(bytes))),
  }),
  { maxLength: 6 },
);
const exposed = (batch: readonly SecretValue[]) =>
  batch.map(({ key, version, value }) => [key, version, value.expose()]);

t.test('decode then encode is the identity', async (t) => {
  fc.assert(
    fc.property(batches, (batch) => {
      const bytes = encodeSecretBatch(batch);
      const decoded = decodeSecretBatch(bytes);
      t.same(exposed(decoded), exposed(batch));
      return Buffer.from(encodeSecretBatch(decoded)).equals(bytes);
    }),
    { numRuns: 50 },
  );
});

t.test('values outlive the bytes that they came in', async (t) => {
  const value = new Secret(Uint8Array.from(Buffer.from('hunter2')));
  const bytes = encodeSecretBatch([{ key: parseKeyName('k'), version: 1, value }]);
  const [decoded] = decodeSecretBatch(bytes);
  bytes.fill(0);
  t.same(decoded?.value.expose(), value.expose());
});

t.test('junk', async (t) => {
  const value = new Secret(Uint8Array.from(Buffer.from('hunter2')));
  const sample = encodeSecretBatch([
    { key: parseKeyName('a'), version: 1, value },
    { key: parseKeyName('vigo/db/dsn'), version: 2, value },
  ]);
  survivesJunk(t, decodeSecretBatch, encodeSecretBatch, sample);
  t.throws(() => decodeSecretBatch(Buffer.concat([sample, Buffer.of(0)])), { code: 'malformed' });
  t.throws(() => decodeSecretBatch(sample.subarray(0, -1)), { code: 'malformed' });
});
