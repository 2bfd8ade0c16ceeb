import { createHmac } from 'node:crypto';
import t from 'tap';
import { encodeCanonical, parseEnvoyId, u64 } from '../../lib/base/index.js';
import { loadGenerationSeal } from '../../lib/identity/index.js';
import { GENERATION_BYTES } from '../../lib/wire/index.js';
import { bitFlips } from '../wire/test-wire.js';

const ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');
const OTHER = parseEnvoyId('00000000-0000-4000-8000-000000000002');
const key = new Uint8Array(32).fill(1);

t.test('a counter and the HMAC of node:crypto', async (t) => {
  const { seal, open } = await loadGenerationSeal(key);
  for (const counter of [0, 1, 1_770_000_000_000, Number.MAX_SAFE_INTEGER]) {
    const generation = seal(ID, counter);
    const mac = createHmac('sha256', key)
      .update(encodeCanonical('vigo/generation/v1', ID, counter))
      .digest();
    t.same(Buffer.from(generation), Buffer.concat([u64(counter), mac]));
    t.equal(generation.length, GENERATION_BYTES);
    t.equal(open(ID, generation), counter);
  }
});

t.test('what the server did not hand to that envoy is nothing', async (t) => {
  const { seal, open } = await loadGenerationSeal(key);
  const generation = seal(ID, 5);
  for (const flipped of bitFlips(generation)) t.equal(open(ID, flipped), undefined);
  t.equal(open(OTHER, generation), undefined, 'of another envoy');
  const other = await loadGenerationSeal(new Uint8Array(32).fill(2));
  t.equal(other.open(ID, generation), undefined, 'of another fleet');
  for (const length of [0, 7, 8, 39]) t.equal(open(ID, generation.subarray(0, length)), undefined, `${length} bytes`);
  t.equal(open(ID, Buffer.concat([generation, Buffer.alloc(1)])), undefined, 'a byte more');
});
