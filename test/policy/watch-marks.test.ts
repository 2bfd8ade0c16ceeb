import { createHmac } from 'node:crypto';
import t from 'tap';
import { encodeCanonical, type KeyName, parseKeyGlob, parseKeyName } from '../../lib/base/index.js';
import { loadHmacSha256 } from '../../lib/crypto/index.js';
import { WatchMarks } from '../../lib/policy/index.js';

const KEY = new Uint8Array(32).fill(3);

async function marksOver(versions: Readonly<Record<string, number>>) {
  const marks = new WatchMarks(await loadHmacSha256(), KEY);
  const see = (now: Readonly<Record<string, number>>, ...changed: string[]) =>
    marks.update(
      new Map(Object.entries(now).map(([key, version]) => [parseKeyName(key), version])),
      changed.map(parseKeyName),
    );
  see(versions);
  return { see, of: (...watches: string[][]) => Buffer.from(marks.of(watches.map((list) => list.map(parseKeyGlob)))) };
}

function expectedMark(seen: readonly (readonly [string, number])[]): Buffer {
  const data = encodeCanonical('vigo/watch-mark/v1', JSON.stringify(seen));
  return createHmac('sha256', KEY).update(data).digest().subarray(0, 16);
}

t.test('a mark is a digest over the names and versions that fit, whatever fits them', async (t) => {
  const { of } = await marksOver({ 'db/b': 2, 'db/a': 1, other: 7 });
  const both = expectedMark([
    ['db/a', 1],
    ['db/b', 2],
  ]);
  t.same(of(['db/*']), both);
  t.same(of(['db/b', 'db/a']), both);
  t.same(of(['db/a', 'db/?', 'db/a']), both);
  t.same(of(['none/*']), expectedMark([]));
  t.same(of(['db/a'], ['none'], ['db/*']), Buffer.concat([expectedMark([['db/a', 1]]), expectedMark([]), both]));
  t.same(of(), Buffer.alloc(0));
});

t.test('a new, a changed and a deleted secret change the marks of who watches them, and no others', async (t) => {
  const { see, of } = await marksOver({ 'db/a': 1, 'db/b': 2, other: 7 });
  const watches = [['db/*'], ['db/a'], ['other'], ['new']];
  const halves = () => watches.map((list) => of(list).toString('hex'));
  let before = halves();
  const changes = () => {
    const now = halves();
    const changed = now.map((mark, i) => mark !== before[i]);
    before = now;
    return changed;
  };
  see({ 'db/a': 1, 'db/b': 3, other: 7 }, 'db/b');
  t.same(changes(), [true, false, false, false]);
  see({ 'db/a': 2, 'db/b': 3, other: 7, new: 1 }, 'db/a', 'new');
  t.same(changes(), [true, true, false, true]);
  see({ 'db/b': 3, other: 7, new: 1 }, 'db/a');
  t.same(changes(), [true, true, false, false]);
  see({ 'db/b': 3, other: 7, new: 1 });
  t.same(changes(), [false, false, false, false]);
});

t.test('a reserved secret is seen by no glob (D5b)', async (t) => {
  const { of } = await marksOver({ 'vigo/web/auth/admin': 3, 'vigo/server/tls': 1, 'vigo/db': 1 });
  t.same(of(['*']), expectedMark([['vigo/db', 1]]));
  t.same(of(['vigo/web/auth/*']), expectedMark([]));
});

t.test('more secrets than a canonical encoding has fields', async (t) => {
  const marks = new WatchMarks(await loadHmacSha256(), KEY);
  const versions = new Map(Array.from({ length: 70_000 }, (_, i) => [`k/${i}` as KeyName, i + 1]));
  marks.update(versions, []);
  const all = Buffer.from(marks.of([[parseKeyGlob('*')]]));
  t.same(all, expectedMark([...versions].sort(([a], [b]) => (a < b ? -1 : 1))));
});
