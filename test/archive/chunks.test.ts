import t from 'tap';
import { ByteSource } from '../../lib/archive/byte-source.js';
import { CHUNK_BYTES, openChunks, sealChunks } from '../../lib/archive/chunks.js';
import { loadAes256Gcm, randomBytes } from '../../lib/crypto/index.js';
import { collect, stream } from './kit.js';

t.test('a stream through chunks and back, in whatever pieces it comes', async (t) => {
  const key = (await loadAes256Gcm()).importKey(randomBytes(32));
  const bytes = randomBytes(2 * CHUNK_BYTES + 7);
  for (const size of [1000, CHUNK_BYTES, CHUNK_BYTES + 1, bytes.length]) {
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.slice(at, at + size));
    const sealed = await collect(sealChunks(key, new ByteSource(stream(...pieces))));
    t.equal(sealed.length, bytes.length + 3 * 28);
    const opened = await collect(openChunks(key, new ByteSource(stream(sealed))));
    t.equal(Buffer.compare(opened, bytes), 0);
  }
});

t.test('a source gives as many bytes as it is asked for, and closes what it reads from', async (t) => {
  let closed = false;
  async function* pieces() {
    try {
      yield Uint8Array.of(1, 2);
      yield new Uint8Array();
      yield Uint8Array.of(3, 4, 5);
    } finally {
      closed = true;
    }
  }
  const source = new ByteSource(pieces());
  t.same([...(await source.take(1))], [1]);
  t.same([...(await source.take(3))], [2, 3, 4]);
  t.equal(await source.isAtEnd(), false);
  await source.close();
  t.ok(closed);
  t.same([...(await source.take(9))], [5]);
  t.equal(await source.isAtEnd(), true);
});
