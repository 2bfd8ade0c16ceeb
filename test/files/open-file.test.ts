import { appendFileSync, chmodSync, readdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { openFileSync } from '../../lib/files/index.js';

t.test('a file in pieces, as large as it was when it was opened', async (t) => {
  const path = join(t.testdir(), 'a');
  writeFileSync(path, Buffer.alloc(150_000, 'abc'));
  chmodSync(path, 0o640);
  const file = openFileSync(path);
  t.match(file, { size: 150_000, mode: 0o640 });
  appendFileSync(path, 'more');
  t.equal(Buffer.concat([...file.pieces()]).toString(), 'abc'.repeat(50_000));
  const cut = openFileSync(path);
  truncateSync(path, 70_000);
  t.equal(Buffer.concat([...cut.pieces()]).length, 70_000);
});

t.test('what is no regular file is refused, and nothing stays open', async (t) => {
  const dir = t.testdir({ a: 'x' });
  symlinkSync('a', join(dir, 'link'));
  const before = readdirSync('/proc/self/fd').length;
  t.throws(() => openFileSync(join(dir, 'link')), { room: 'files', code: 'not_regular' });
  t.throws(() => openFileSync(dir), { room: 'files', code: 'not_regular' });
  t.throws(() => openFileSync(join(dir, 'b')), { room: 'files', code: 'not_found' });
  t.same([...openFileSync(join(dir, 'a')).pieces()].map(String), ['120']);
  t.equal(readdirSync('/proc/self/fd').length, before);
});
