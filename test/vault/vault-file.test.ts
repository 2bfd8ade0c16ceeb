import { createDecipheriv, createHash } from 'node:crypto';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { concatBytes, encodeCanonical, utf8 } from '../../lib/base/index.js';
import { createMasterKeyFile, loadMasterKeys, type MasterKeys } from '../../lib/vault/format/master-key.js';
import { openFile, sealFile } from '../../lib/vault/format/seal.js';
import {
  associatedData,
  decodeHeader,
  decodeVaultFile,
  encodeHeader,
  type VaultFileHeader,
} from '../../lib/vault/format/vault-file.js';

const HEADER = { version: 7, kind: 'raw', createdMs: 1_800_000_000_000, meta: { by: 'root@host' } } as const;

async function newKeys(t: { testdir(): string }): Promise<MasterKeys> {
  const path = join(t.testdir(), 'key');
  await createMasterKeyFile(path);
  const keys = await loadMasterKeys(path);
  if (keys === undefined) throw new Error('no keys');
  return keys;
}

t.test('the header is laid out as documented', (t) => {
  const header = encodeHeader({ ...HEADER, keyId: new Uint8Array(8).fill(0xaa) });
  const meta = '{"by":"root@host"}';
  t.equal(
    Buffer.from(header).toString('hex'),
    `56475331${'aa'.repeat(8)}0000000701000001a3185c50000012${Buffer.from(meta).toString('hex')}`,
  );
  t.equal(
    Buffer.from(associatedData(header, 'a/b')).toString('hex'),
    `${Buffer.from(header).toString('hex')}0003${Buffer.from('a/b').toString('hex')}`,
  );
  t.end();
});

t.test('decode then encode is the identity, and the other way round', (t) => {
  const headers = fc.record({
    keyId: fc.uint8Array({ minLength: 8, maxLength: 8 }),
    version: fc.integer({ min: 1, max: 0xffffffff }),
    kind: fc.constantFrom('raw', 'password', 'server-key'),
    createdMs: fc.integer({ min: 0, max: 8.64e15 }),
    meta: fc.record({ by: fc.string({ maxLength: 100 }), expires_at: fc.nat() }),
  }) as fc.Arbitrary<VaultFileHeader>;
  fc.assert(
    fc.property(headers, fc.uint8Array({ minLength: 28, maxLength: 99 }), (header, sealed) => {
      const bytes = concatBytes(encodeHeader(header), sealed);
      const file = decodeVaultFile('a', bytes);
      t.same(file.header, header);
      t.same(concatBytes(encodeHeader(file.header), file.sealed), bytes);
    }),
  );
  t.end();
});

t.test('node:crypto opens what was sealed', async (t) => {
  const keys = await newKeys(t);
  const bytes = sealFile('vigo/db/dsn', HEADER, utf8('value'), keys.current);
  const { headerBytes, sealed } = decodeVaultFile('vigo/db/dsn', bytes);
  const decipher = createDecipheriv('aes-256-gcm', keys.current.secret.expose(), sealed.subarray(0, 12));
  decipher.setAAD(concatBytes(headerBytes, Uint8Array.of(0, 11), utf8('vigo/db/dsn')));
  decipher.setAuthTag(sealed.subarray(-16));
  const value = Buffer.concat([decipher.update(sealed.subarray(12, -16)), decipher.final()]);
  t.equal(value.toString(), 'value');
  const id = createHash('sha256').update(encodeCanonical('vigo/master-key-id/v1', keys.current.secret.expose()));
  t.same(Buffer.from(keys.current.id), id.digest().subarray(0, 8));
});

t.test('every single-bit flip and every cut is refused', async (t) => {
  const keys = await newKeys(t);
  const bytes = sealFile('a', HEADER, utf8('value'), keys.current);
  const refusal = (altered: Uint8Array): string => {
    try {
      openFile('a', decodeVaultFile('a', altered), keys);
      return 'accepted';
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  t.equal(refusal(bytes), 'accepted');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const altered = bytes.slice();
    altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const code = refusal(altered);
    if (!['damaged', 'forged', 'unknown_key'].includes(code)) t.fail(`bit ${bit}: ${code}`);
  }
  for (let length = 0; length < bytes.length; length++) {
    const code = refusal(bytes.subarray(0, length));
    if (!['damaged', 'forged'].includes(code)) t.fail(`${length} bytes: ${code}`);
  }
  t.equal(refusal(concatBytes(bytes, Uint8Array.of(0))), 'forged');
});

t.test('a file opens only in the place of its own key and under its own master key', async (t) => {
  const keys = await newKeys(t);
  const file = decodeVaultFile('a', sealFile('a', HEADER, utf8('value'), keys.current));
  t.throws(() => openFile('b', file, keys), { code: 'forged' });
  const others = await newKeys(t);
  t.throws(() => openFile('a', file, others), { code: 'unknown_key' });
});

t.test('headers that no writer makes are refused', (t) => {
  const header = { ...HEADER, keyId: new Uint8Array(8) };
  const withMeta = (meta: string) =>
    concatBytes(encodeHeader(header).subarray(0, 25), Uint8Array.of(meta.length >> 8, meta.length), utf8(meta));
  for (const meta of ['', '[]', 'null', '{}', '{"by":1}', '{"by": "a"}', '{"by":"a","by":"b"}', '{"z":1,"by":"a"}']) {
    t.throws(() => decodeHeader('a', withMeta(meta)), { code: 'damaged' }, meta);
  }
  t.throws(() => decodeHeader('a', withMeta(`{"by":"${'a'.repeat(1024)}"}`)), { code: 'damaged' });
  t.throws(() => encodeHeader({ ...header, meta: { by: 'a'.repeat(1024) } }), { code: 'damaged' });
  t.throws(() => decodeHeader('a', encodeHeader({ ...header, version: 0 })), { code: 'damaged' });
  for (const at of [{ createdMs: 8.64e15 + 1 }, { meta: { by: 'a', expires: 8.64e15 + 1 } }]) {
    t.throws(() => decodeHeader('a', encodeHeader({ ...header, ...at })), { code: 'damaged' }, 'no date');
  }
  const unknownKind = encodeHeader(header);
  unknownKind[16] = 6;
  t.throws(() => decodeHeader('a', unknownKind), { code: 'damaged' });
  t.end();
});
