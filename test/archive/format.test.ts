import { createDecipheriv, createHash, createHmac, hkdfSync } from 'node:crypto';
import t from 'tap';
import { makeKeyPair, parseIdentity, parseRecipient } from '../../lib/archive/index.js';
import { encodeCanonical } from '../../lib/base/index.js';
import { loadArgon2id, loadXWing } from '../../lib/crypto/index.js';
import { ABOUT, cheap, file, folder, makeArchive, PASSPHRASE, someEntries } from './kit.js';

/** The archive as docs/formats.md describes it, read by node:crypto. */
function decrypt(archive: Buffer, headerBytes: number, secret: Uint8Array): Buffer {
  const header = archive.subarray(0, headerBytes);
  const info = encodeCanonical('vigo/archive-key/v1', createHash('sha256').update(header).digest());
  const keys = Buffer.from(hkdfSync('sha256', secret, new Uint8Array(), info, 64));
  const mac = createHmac('sha256', keys.subarray(32)).update(header).digest();
  t.same(archive.subarray(headerBytes, headerBytes + 32), mac);
  const chunks: Buffer[] = [];
  const size = 12 + 65_536 + 16;
  for (let index = 0, start = headerBytes + 32; start < archive.length; index++, start += size) {
    const chunk = archive.subarray(start, start + size);
    const last = start + size >= archive.length ? 1 : 0;
    const cipher = createDecipheriv('aes-256-gcm', keys.subarray(0, 32), chunk.subarray(0, 12));
    cipher.setAAD(encodeCanonical('vigo/archive-chunk/v1', index, last));
    cipher.setAuthTag(chunk.subarray(-16));
    chunks.push(cipher.update(chunk.subarray(12, -16)), cipher.final());
  }
  return Buffer.concat(chunks);
}

function parse(plaintext: Buffer): unknown[] {
  const aboutBytes = plaintext.readUInt32BE(0);
  const found: unknown[] = [JSON.parse(plaintext.toString('utf8', 4, 4 + aboutBytes))];
  for (let at = 4 + aboutBytes; at < plaintext.length; ) {
    const kind = ['end', 'folder', 'file', 'link'][plaintext.readUInt8(at)];
    const mode = plaintext.readUInt16BE(at + 1);
    const size = Number(plaintext.readBigUInt64BE(at + 3));
    const start = at + 13 + plaintext.readUInt16BE(at + 11);
    const path = plaintext.toString('utf8', at + 13, start);
    const content = kind === 'file' || kind === 'link' ? plaintext.subarray(start, start + size) : undefined;
    found.push({ kind, mode, size, path, ...(content === undefined ? {} : { content: content.toString('latin1') }) });
    at = start + (content?.length ?? 0);
  }
  return found;
}

t.test('a second implementation reads an archive that a passphrase opens', async (t) => {
  const archive = Buffer.from(await makeArchive(someEntries()));
  t.equal(archive.toString('latin1', 0, 5), 'VGA1\x01');
  const [memoryKiB, passes] = [archive.readUInt32BE(5), archive.readUInt32BE(9)];
  t.same([memoryKiB, passes], [8, 1]);
  const argon2id = await loadArgon2id();
  const secret = argon2id.hash(Buffer.from(PASSPHRASE), archive.subarray(13, 29), { memoryKiB, passes }, 32);
  const [about, ...entries] = parse(decrypt(archive, 29, secret));
  t.same(about, ABOUT);
  const [first, second] = entries;
  t.same(first, { kind: 'folder', mode: 0o700, size: 0, path: 'secrets' });
  t.same(second, { kind: 'file', mode: 0o600, size: 14, path: 'secrets/.master.key', content: 'the master key' });
  t.same(entries.at(-2), {
    kind: 'link',
    mode: 0,
    size: 74,
    path: '.live',
    content: `published/${'0'.repeat(64)}`,
  });
  t.same(entries.at(-1), { kind: 'end', mode: 0, size: someEntries().length, path: '' });
});

t.test('and one that a private key opens, of several chunks', async (t) => {
  const { recipient, identity } = await makeKeyPair();
  const content = Buffer.alloc(150_000, 'abcdefg');
  const entries = [folder('stacks'), file('stacks/large', content)];
  const parsed = await parseRecipient(recipient);
  const archive = Buffer.from(await makeArchive(entries, { kind: 'recipient', recipient: parsed }));
  t.equal(archive.toString('latin1', 0, 5), 'VGA1\x02');
  t.same(archive.subarray(5, 13), parsed.id);
  const { secretKey } = parseIdentity(identity);
  const secret = (await loadXWing()).decapsulate(archive.subarray(13, 1133), secretKey.expose());
  const found = parse(decrypt(archive, 1133, secret));
  t.match(found[2], { path: 'stacks/large', content: content.toString() });
});

t.test('each archive has a key of its own, and nothing in it shows', async (t) => {
  const [one, another] = [await makeArchive(someEntries()), await makeArchive(someEntries(), cheap())];
  t.notSame(one.subarray(13, 29), another.subarray(13, 29));
  for (const word of ['master', 'secrets', 'vault-1']) t.notOk(Buffer.from(one).includes(word), word);
});
