import { createHash } from 'node:crypto';
import t from 'tap';
import { fromHex } from '../../lib/base/index.js';
import { signingKeyId } from '../../lib/wire/index.js';

t.test('eight bytes of a domain-separated SHA-256', async (t) => {
  const publicKey = fromHex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
  const header = Buffer.concat([Buffer.of(19), Buffer.from('vigo/signing-key/v1'), fromHex('000100000020')]);
  const hash = createHash('sha256').update(header).update(publicKey).digest();
  t.same(Buffer.from(await signingKeyId(publicKey)), hash.subarray(0, 8));
});
