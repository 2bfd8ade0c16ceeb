import t from 'tap';
import { ArchiveError, makeKeyPair, parseRecipient } from '../../lib/archive/index.js';
import { concatBytes, u32, utf8 } from '../../lib/base/index.js';
import {
  aboutBytes,
  anyEnd,
  anyEntry,
  cheap,
  file,
  folder,
  holding,
  knowing,
  makeArchive,
  open,
  read,
  sealAnything,
  someEntries,
} from './kit.js';

const HEADER_BYTES = 29 + 32;
const SEALED_BYTES = 12 + 65_536 + 16;

t.test('what was written is read, in its order and with its modes', async (t) => {
  const archive = await makeArchive(someEntries());
  t.same((await open(archive)).about, { at: 1_800_000_000_000, by: 'root', host: 'vault-1', vigo: '0.1.0' });
  t.same(await read(archive), [
    'folder secrets 700',
    'file secrets/.master.key 600 the master key',
    'folder secrets/.versions 700',
    'folder secrets/a 700',
    'file secrets/a/b 600 ',
    'file secrets-verifier.json 600 {}',
    'folder db 700',
    'file db/vigo.db 600 rows',
    'file server.yaml 640 a: b',
    'folder stacks 755',
    'file stacks/.hidden 644 x',
    'file stacks/run.sh 755 #!/bin/sh',
    `link .live -> published/${'0'.repeat(64)}`,
  ]);
});

t.test('content that nobody asks for is left out', async (t) => {
  const kinds: string[] = [];
  for await (const { kind } of (await open(await makeArchive(someEntries()))).entries()) kinds.push(kind);
  t.equal(kinds.length, someEntries().length);
});

t.test('every size around the end of a chunk', async (t) => {
  const overhead = (await makeArchive([folder('stacks'), file('stacks/a', '')])).length - HEADER_BYTES - 28;
  for (const size of [65_535, 65_536, 65_537, 131_072].map((size) => size - overhead)) {
    const archive = await makeArchive([folder('stacks'), file('stacks/a', Buffer.alloc(size, 'x'))]);
    t.equal((await read(archive))[1]?.length, 'file stacks/a 600 '.length + size);
  }
});

t.test('a wrong passphrase, and another key', async (t) => {
  await t.rejects(open(await makeArchive([]), knowing('another passphrase')), { code: 'wrong_passphrase' });
  const [mine, other] = [await makeKeyPair(), await makeKeyPair()];
  const archive = await makeArchive([], { kind: 'recipient', recipient: await parseRecipient(mine.recipient) });
  t.same(await read(archive, holding(mine.identity)), []);
  await t.rejects(open(archive, holding(other.identity)), { code: 'other_recipient' });
});

t.test('every single bit that is flipped is noticed', async (t) => {
  const { recipient, identity } = await makeKeyPair();
  const archive = await makeArchive([folder('stacks'), file('stacks/a', 'x')], {
    kind: 'recipient',
    recipient: await parseRecipient(recipient),
  });
  const refused: number[] = [];
  const flips: number[] = [];
  for (let bit = 0; bit < 8 * archive.length; bit++) {
    const byte = bit >> 3;
    // Of the 1,120 bytes that the KEM checks itself, one bit each.
    if (byte >= 13 && byte < 1133 && (bit & 7) !== (byte & 7)) continue;
    flips.push(bit);
    const altered = archive.slice();
    altered[byte] = (altered[byte] ?? 0) ^ (1 << (bit & 7));
    await read(altered, holding(identity)).catch((error) => {
      if (error instanceof ArchiveError || error.message === 'no passphrase') refused.push(bit);
    });
  }
  t.same(refused, flips);
});

t.test('in the header of a passphrase as well', async (t) => {
  const archive = await makeArchive([]);
  for (let byte = 13; byte < HEADER_BYTES; byte++) {
    const altered = archive.slice();
    altered[byte] = (altered[byte] ?? 0) ^ 1;
    await t.rejects(open(altered), { code: 'wrong_passphrase' }, `byte ${byte}`);
  }
});

t.test("a header that would exhaust this machine isn't tried", async (t) => {
  const archive = await makeArchive([]);
  const asking = (memoryKiB: number, passes: number) =>
    concatBytes(archive.subarray(0, 5), u32(memoryKiB), u32(passes), archive.subarray(13));
  for (const [memory, passes] of [
    [1_048_577, 1],
    [2 ** 32 - 1, 1],
    [7, 1],
    [8, 17],
    [8, 0],
    [8, 2 ** 32 - 1],
  ] as const) {
    await t.rejects(open(asking(memory, passes)), { code: 'too_costly' }, `${memory} KiB, ${passes} passes`);
  }
});

t.test('what is no archive, or one of a later version', async (t) => {
  for (const text of ['', 'VGA', 'VGA1', 'VGA2\x01', 'SQLite format 3\0', 'VGA1\x03']) {
    await t.rejects(open(utf8(text)), { code: 'not_archive' }, JSON.stringify(text));
  }
  await t.rejects(open((await makeArchive([])).subarray(0, 40)), { code: 'cut_short' });
});

t.test('chunks that are missing, moved, repeated or appended', async (t) => {
  const size = 3 * 65_536;
  const archive = await makeArchive([folder('stacks'), file('stacks/a', Buffer.alloc(size, 'x'))]);
  const header = archive.subarray(0, HEADER_BYTES);
  const chunks: Uint8Array[] = [];
  for (let at = HEADER_BYTES; at < archive.length; at += SEALED_BYTES)
    chunks.push(archive.subarray(at, at + SEALED_BYTES));
  t.equal(chunks.length, 4);
  const [a, b, c, d] = chunks as [Uint8Array, Uint8Array, Uint8Array, Uint8Array];
  const cases: Record<string, [readonly Uint8Array[], string]> = {
    'the last one is missing': [[a, b, c], 'cut_short'],
    'two are missing': [[a, b], 'cut_short'],
    'only the first is there': [[a], 'cut_short'],
    'none is there': [[], 'altered'],
    'one is cut': [[a, b, c.subarray(0, 1000)], 'altered'],
    'the last one is cut': [[a, b, c, d.subarray(0, -1)], 'altered'],
    'two are exchanged': [[a, c, b, d], 'altered'],
    'one is repeated': [[a, b, b, c, d], 'altered'],
    'one in the middle is missing': [[a, c, d], 'altered'],
    'something is appended': [[a, b, c, d, utf8('x')], 'altered'],
    'the whole is appended': [[a, b, c, d, a, b, c, d], 'altered'],
  };
  for (const [what, [order, code]] of Object.entries(cases)) {
    await t.rejects(read(concatBytes(header, ...order)), { room: 'archive', code }, what);
  }
  t.equal((await read(concatBytes(header, a, b, c, d))).length, 2);
});

t.test('a full last chunk with something behind it', async (t) => {
  const overhead = (await makeArchive([folder('stacks'), file('stacks/a', '')])).length - HEADER_BYTES - 28;
  const archive = await makeArchive([folder('stacks'), file('stacks/a', Buffer.alloc(65_536 - overhead, 'x'))]);
  t.equal(archive.length, HEADER_BYTES + SEALED_BYTES);
  await t.rejects(read(concatBytes(archive, utf8('x'))), { code: 'altered', message: /appended/ });
});

t.test('chunks of another archive of the same passphrase', async (t) => {
  const [one, other] = [await makeArchive(someEntries()), await makeArchive(someEntries())];
  await t.rejects(read(concatBytes(one.subarray(0, HEADER_BYTES), other.subarray(HEADER_BYTES))), { code: 'altered' });
});

t.test('entries that no home has, from somebody who can seal', async (t) => {
  const stacks = anyEntry('folder', 'stacks', 0o755);
  const live = `published/${'0'.repeat(64)}`;
  const cases: Record<string, readonly Uint8Array[]> = {
    'a way up': [stacks, anyEntry('file', 'stacks/../../etc/passwd')],
    'a way up at the beginning': [anyEntry('file', '../x')],
    'an absolute path': [anyEntry('file', '/etc/passwd')],
    'a path without a name': [anyEntry('file', '')],
    'a name that is empty': [stacks, anyEntry('file', 'stacks//x')],
    'a name that is a dot': [stacks, anyEntry('file', 'stacks/./x')],
    'a name with a zero': [stacks, anyEntry('file', 'stacks/a\0b')],
    'a name that is too long': [stacks, anyEntry('file', `stacks/${'x'.repeat(256)}`)],
    'a part that no home has': [anyEntry('folder', 'run')],
    'a sentinel that opens the gate': [anyEntry('file', '.secrets-unlocked', 0o600)],
    'a file in the place of a folder': [anyEntry('file', 'stacks')],
    'a folder in the place of a file': [anyEntry('folder', 'server.yaml')],
    'something below a file': [anyEntry('file', 'server.yaml'), anyEntry('file', 'server.yaml/x')],
    'a file whose folder is missing': [anyEntry('file', 'stacks/a', 0o600)],
    'a link below a folder': [stacks, anyEntry('link', 'stacks/a', 0, live)],
    'a link to another folder': [anyEntry('link', '.live', 0, '/etc')],
    'a link out of the home': [anyEntry('link', '.live', 0, `${live}/../../..`)],
    'a link with a mode': [anyEntry('link', '.live', 0o777, live)],
    'a log of SQLite beside the database': [anyEntry('folder', 'db'), anyEntry('file', 'db/vigo.db-wal', 0o600)],
    'a master key that others may read': [
      anyEntry('folder', 'secrets'),
      anyEntry('file', 'secrets/.master.key', 0o644),
    ],
    'a set-id bit': [stacks, anyEntry('file', 'stacks/a', 0o4755)],
    'one path twice': [stacks, anyEntry('file', 'stacks/a'), anyEntry('file', 'stacks/a')],
    'a folder twice': [stacks, stacks],
    'another order': [stacks, anyEntry('file', 'stacks/b'), anyEntry('file', 'stacks/a')],
    'an earlier part': [stacks, anyEntry('folder', 'db')],
    'back into a folder': [
      stacks,
      anyEntry('folder', 'stacks/a'),
      anyEntry('file', 'stacks/b'),
      anyEntry('file', 'stacks/a/x'),
    ],
    'a folder with content': [anyEntry('folder', 'stacks', 0o755, 'x')],
    'an unknown kind': [Uint8Array.of(4), anyEntry('file', 'server.yaml').subarray(1)],
    'a name that is no UTF-8': [stacks, anyEntry('file', 'stacks/x').subarray(0, -1), Uint8Array.of(0xff)],
  };
  for (const [what, entries] of Object.entries(cases)) {
    const archive = await sealAnything(aboutBytes(), ...entries, anyEnd(entries.length));
    await t.rejects(read(archive), { room: 'archive', code: 'bad_entry' }, what);
  }
});

t.test('an end that is wrong, or missing', async (t) => {
  const one = anyEntry('folder', 'stacks');
  t.same(await read(await sealAnything(aboutBytes(), one, anyEnd(1))), ['folder stacks 700']);
  await t.rejects(read(await sealAnything(aboutBytes(), one, anyEnd(2))), { code: 'bad_entry' });
  await t.rejects(read(await sealAnything(aboutBytes(), one, anyEnd(1), utf8('x'))), { code: 'bad_entry' });
  await t.rejects(read(await sealAnything(aboutBytes(), one)), { code: 'cut_short' });
  await t.rejects(read(await sealAnything(aboutBytes(), one, anyEnd(1).subarray(0, 5))), { code: 'cut_short' });
});

t.test('what an archive says about itself', async (t) => {
  const saying = (json: string) => sealAnything(u32(utf8(json).length), utf8(json), anyEnd(0));
  t.match((await open(await saying('{"at":1,"by":"a","host":"b","later":true,"vigo":"9"}'))).about, {
    at: 1,
    vigo: '9',
  });
  for (const json of [
    '',
    '[]',
    'null',
    '{}',
    '{"at":-1,"by":"a","host":"b","vigo":"9"}',
    '{"by":"a","at":1,"host":"b","vigo":"9"}',
  ]) {
    await t.rejects(saying(json).then(open), { code: 'bad_entry' }, json);
  }
  await t.rejects(sealAnything(u32(5000), new Uint8Array(5000)).then(open), { code: 'bad_entry' });
});

t.test('passphrases that an archive is not made with', async (t) => {
  for (const passphrase of ['', 'eleven char', 'x'.repeat(1025)]) {
    await t.rejects(makeArchive([], cheap(passphrase)), { code: 'bad_passphrase' });
  }
});
