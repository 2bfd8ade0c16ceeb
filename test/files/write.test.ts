import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { markedPath, removeAbandoned } from '../../lib/files/atomic/unfinished.js';
import { createFileExclusive, isTemporaryName, temporaryPath, writeFileAtomic } from '../../lib/files/index.js';
import { processMark } from '../../lib/files/process-mark.js';

const old = Buffer.from('old');
const fresh = Buffer.from('new');

t.test('creates and replaces, with exactly the mode that was asked for', async (t) => {
  const path = join(t.testdir(), 'a');
  const umask = process.umask(0o077);
  t.teardown(() => process.umask(umask));
  await writeFileAtomic(path, old, { mode: 0o644 });
  t.equal(lstatSync(path).mode & 0o7777, 0o644);
  await writeFileAtomic(path, fresh, { mode: 0o600 });
  t.equal(lstatSync(path).mode & 0o7777, 0o600);
  t.same(readFileSync(path), fresh);
  t.same(readdirSync(join(path, '..')), ['a'], 'no temporary file stays');
});

t.test('replaces a symbolic link, not its target', async (t) => {
  const dir = t.testdir({ target: 'old' });
  symlinkSync(join(dir, 'target'), join(dir, 'link'));
  await writeFileAtomic(join(dir, 'link'), fresh, { mode: 0o600 });
  t.same(readFileSync(join(dir, 'target')), old);
  t.ok(lstatSync(join(dir, 'link')).isFile());
});

t.test('createFileExclusive refuses to overwrite, and of many one wins', async (t) => {
  const dir = t.testdir({ there: 'old' });
  await t.rejects(createFileExclusive(join(dir, 'there'), fresh, { mode: 0o600 }), { code: 'exists' });
  t.same(readFileSync(join(dir, 'there')), old);

  const attempts = Array.from({ length: 8 }, (_, i) =>
    createFileExclusive(join(dir, 'once'), Buffer.from(String(i)), { mode: 0o600 }),
  );
  const outcomes = await Promise.allSettled(attempts);
  const winners = outcomes.flatMap((outcome, i) => (outcome.status === 'fulfilled' ? [String(i)] : []));
  t.same(winners, [readFileSync(join(dir, 'once'), 'utf8')]);
  t.same(readdirSync(dir).sort(), ['once', 'there']);
});

t.test('a write that fails halfway leaves the old content and no temporary file', async (t) => {
  const dir = t.testdir({ a: 'old' });
  const script = `
    import { writeFileAtomic } from ${JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url))};
    const error = await writeFileAtomic(${JSON.stringify(join(dir, 'a'))}, new Uint8Array(100_000), { mode: 0o600 })
      .catch((error) => error);
    process.stdout.write(String(error?.code));`;
  // The limit of the shell's ulimit stands for a full disk: the same write fails after some bytes.
  const node = [process.execPath, '--import', '@tapjs/typescript/import', '--input-type=module', '-e', script];
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -f 8; exec "$@"', 'sh', ...node]);
  t.equal(stdout, 'no_space');
  t.equal(readFileSync(join(dir, 'a'), 'utf8'), 'old');
  t.same(readdirSync(dir), ['a']);
});

t.test('errors name what is in the way', async (t) => {
  const dir = t.testdir({ folder: {}, file: '' });
  await t.rejects(writeFileAtomic(join(dir, 'none', 'a'), fresh, { mode: 0o600 }), { code: 'not_found' });
  await t.rejects(writeFileAtomic(join(dir, 'folder'), fresh, { mode: 0o600 }), { code: 'not_regular' });
  await t.rejects(writeFileAtomic(join(dir, 'file', 'a'), fresh, { mode: 0o600 }), { code: 'not_regular' });
  t.same(readdirSync(dir).sort(), ['file', 'folder']);
});

t.test(
  'a folder that may not be written',
  { skip: process.geteuid?.() !== 0 && 'only root can act as another user' },
  async (t) => {
    const dir = t.testdir();
    writeFileSync(join(dir, 'a'), old);
    chmodSync(dir, 0o755);
    process.seteuid?.(65534);
    const error = await writeFileAtomic(join(dir, 'a'), fresh, { mode: 0o600 }).catch((error) => error);
    process.seteuid?.(0);
    t.match(error, { code: 'no_permission', kind: 'denied' });
    t.same(readFileSync(join(dir, 'a')), old);
  },
);

t.test("a temporary name is recognized and doesn't hold the file's name", (t) => {
  const name = temporaryPath('/srv').slice('/srv/'.length);
  t.ok(isTemporaryName(name));
  t.notOk(isTemporaryName('.vigo-tmp-'));
  t.notOk(isTemporaryName(`${name}x`));
  t.notOk(isTemporaryName('.master.key'));
  t.end();
});

t.test('abroad: what a killed writer left goes, what a living one writes and everything else stays', async (t) => {
  const dir = t.testdir();
  const child = spawn('sleep', ['1000']);
  const ended = once(child, 'close');
  const living = basename(await markedPath(dir));
  const dead = living.replace(await processMark(), await processMark(child.pid));
  child.kill('SIGKILL');
  await ended;
  const others = ['.vigo-unfinished-', '.vigo-unfinished-of-somebody', `.other${dead}`, `${dead}-folder`];
  for (const name of [living, dead, ...others.slice(0, 3)]) writeFileSync(join(dir, name), 'half a sec');
  mkdirSync(join(dir, `${dead}-folder`));
  await removeAbandoned(dir);
  t.same(readdirSync(dir).sort(), [living, ...others].sort());

  rmSync(join(dir, living));
  writeFileSync(join(dir, dead), 'half a sec');
  async function* content() {
    yield fresh;
    t.ok(existsSync(join(dir, living)), 'whose it is');
    t.notOk(existsSync(join(dir, dead)));
  }
  await createFileExclusive(join(dir, 'a'), content(), { mode: 0o600, abroad: true });
  await writeFileAtomic(join(dir, 'a'), content(), { mode: 0o600, abroad: true });
  t.same(readFileSync(join(dir, 'a')), fresh);
  t.same(readdirSync(dir).sort(), ['a', ...others].sort());
});
