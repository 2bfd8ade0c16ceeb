import { symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { homeEntries, openTls } from '../../lib/archive/index.js';
import { sortKey } from '../../lib/archive/path.js';
import { utf8 } from '../../lib/base/index.js';
import { makeArchive } from './kit.js';

const DIGEST = 'd'.repeat(64);

async function entriesOf(
  root: string,
  live: string | undefined,
  frozen: { path: string; from: string | Uint8Array }[],
) {
  const leftOut: string[] = [];
  const onLeftOut = (path: string, why: string) => void leftOut.push(`${path}: ${why}`);
  const entries = [];
  const tls = await openTls({ root, onLeftOut });
  for await (const entry of homeEntries({ root, frozen, live, tls, onLeftOut })) entries.push(entry);
  return { entries, paths: entries.map(({ path }) => path), leftOut };
}

t.test('what is kept of a home, in the order of an archive, and what is left out', async (t) => {
  const root = t.testdir({
    'server.yaml': '',
    run: { 'vault.lock': '' },
    '.secrets-unlocked': '',
    '.secrets-failures': '',
    '.vigo-tmp-000000000000000000000000': '',
    secrets: { 'not-frozen': '' },
    db: { 'vigo.db': '', 'vigo.db-wal': '' },
    stacks: { b: { 'x.vgo': '' }, '.git': { HEAD: '' }, 'a.vgo': '', 'b.vgo': '' },
    published: { [DIGEST]: { 'a.vgo': '' }, '.vigo-tmp-000000000000000000000001': { 'half.vgo': '' } },
    notes: '',
  });
  symlinkSync('/etc', join(root, 'stacks', 'link'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/stacks/`), Buffer.of(0xff)]), '');
  const { entries, paths, leftOut } = await entriesOf(root, DIGEST, [
    { path: 'secrets/b', from: join(root, 'server.yaml') },
    { path: 'db/vigo.db', from: join(root, 'db/vigo.db') },
    { path: 'secrets/-a', from: utf8('x') },
    { path: 'secrets/.versions/a/@10', from: utf8('x') },
    { path: 'secrets/.versions/a/@9', from: utf8('x') },
    { path: 'secrets/.master.key', from: utf8('x') },
  ]);
  t.same(paths, [
    'secrets',
    'secrets/.master.key',
    'secrets/.versions',
    'secrets/.versions/a',
    'secrets/.versions/a/@10',
    'secrets/.versions/a/@9',
    'secrets/-a',
    'secrets/b',
    'db',
    'db/vigo.db',
    'server.yaml',
    'stacks',
    'stacks/.git',
    'stacks/.git/HEAD',
    'stacks/a.vgo',
    'stacks/b',
    'stacks/b/x.vgo',
    'stacks/b.vgo',
    'published',
    `published/${DIGEST}`,
    `published/${DIGEST}/a.vgo`,
    '.live',
  ]);
  t.same(leftOut.sort(), [
    "notes: it is no part of a server's home",
    'stacks/link: it is a symbolic link',
    "stacks/\ufffd: its name isn't UTF-8",
  ]);
  const keys = paths.map(sortKey);
  t.same(keys, [...keys].sort());
  await makeArchive(entries);
});

t.test('a live config that is missing is said, and no link leads there', async (t) => {
  const root = t.testdir({ published: {} });
  const { paths, leftOut } = await entriesOf(root, DIGEST, []);
  t.same(paths, ['published']);
  t.same(leftOut, [`published/${DIGEST}: the live config is missing`]);
});

t.test('a file that has another size than it said makes no archive', async (t) => {
  const entry = (size: number) =>
    ({ kind: 'file', path: 'server.yaml', mode: 0o600, size, content: [utf8('abc')] }) as const;
  await makeArchive([entry(3)]);
  for (const size of [2, 4]) await t.rejects(makeArchive([entry(size)]), { room: 'archive', code: 'changed' });
});
