import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { fileExecutor } from '../../../lib/agent/executors/file.js';
import { redactionOf } from '../../../lib/agent/held/redaction.js';
import { Secret } from '../../../lib/base/index.js';
import { temporaryPath } from '../../../lib/files/index.js';
import type { ResolvedFile } from '../../../lib/policy/index.js';

const CANARY = 'canary-7f3a';
const context = { redaction: redactionOf([]) };
const isRoot = process.getuid?.() === 0;

type Present = Extract<ResolvedFile, { ensure: 'present' }>;

function present(path: string, content?: string, more: Partial<Present> = {}): Present {
  return {
    type: 'file',
    name: 'it',
    ensure: 'present',
    path,
    mode: 0o640,
    confidential: false,
    ...(content === undefined ? {} : { content: new Secret<Uint8Array>(Buffer.from(content)) }),
    ...more,
  };
}

function absent(path: string): ResolvedFile {
  return { type: 'file', name: 'it', ensure: 'absent', path };
}

/** Applies where there is something to do, and proves that a second run finds nothing. @returns the words for it */
async function converge(file: ResolvedFile): Promise<string> {
  const verdict = await fileExecutor.check(file, context);
  if (verdict === 'ok') return 'ok';
  await fileExecutor.apply(file, context);
  if ((await fileExecutor.check(file, context)) !== 'ok') throw new Error('a second run would change something');
  return verdict.change;
}

/** What may have the path, and how it is made. */
const states: Record<string, (path: string) => void> = {
  nothing: () => {},
  'the same file': (path) => {
    writeFileSync(path, CANARY);
    chmodSync(path, 0o640);
  },
  'other content': (path) => {
    writeFileSync(path, 'else');
    chmodSync(path, 0o640);
  },
  'other content of the same length': (path) => {
    writeFileSync(path, CANARY.replace('7', '8'));
    chmodSync(path, 0o640);
  },
  'a wider mode': (path) => {
    writeFileSync(path, CANARY);
    chmodSync(path, 0o666);
  },
  'a link to a file': (path) => {
    writeFileSync(`${path}-target`, 'victim');
    symlinkSync(`${path}-target`, path);
  },
  'a link to nothing': (path) => symlinkSync('gone', path),
  'a link to a folder': (path) => symlinkSync('/', path),
  'a folder': (path) => mkdirSync(path),
  'a pipe': (path) => execFileSync('mkfifo', [path]),
  'a missing folder above': () => {},
};

type Expected = 'ok' | RegExp | { code: string };
const table: Record<string, { withContent: Expected; existence: Expected; absent: Expected }> = {
  nothing: { withContent: /^creates it$/, existence: /^creates it$/, absent: 'ok' },
  'the same file': { withContent: 'ok', existence: 'ok', absent: /^removes it$/ },
  'other content': { withContent: /^content differs$/, existence: 'ok', absent: /removes/ },
  'other content of the same length': { withContent: /^content differs$/, existence: 'ok', absent: /removes/ },
  'a wider mode': {
    withContent: /^mode 0666 becomes 0640$/,
    existence: /^mode 0666 becomes 0640$/,
    absent: /removes/,
  },
  'a link to a file': { withContent: /symbolic link/, existence: { code: 'refused_resource' }, absent: /removes/ },
  'a link to nothing': { withContent: /symbolic link/, existence: { code: 'refused_resource' }, absent: /removes/ },
  'a link to a folder': { withContent: /symbolic link/, existence: { code: 'refused_resource' }, absent: /removes/ },
  'a folder': {
    withContent: { code: 'refused_resource' },
    existence: { code: 'refused_resource' },
    absent: { code: 'refused_resource' },
  },
  'a pipe': {
    withContent: { code: 'refused_resource' },
    existence: { code: 'refused_resource' },
    absent: { code: 'refused_resource' },
  },
};

for (const [state, expectations] of Object.entries(table)) {
  const resources = {
    withContent: (path: string) => present(path, CANARY),
    existence: (path: string) => present(path),
    absent,
  };
  for (const [verb, expected] of Object.entries(expectations)) {
    t.test(`${state}, ${verb}`, async (t) => {
      const path = join(t.testdir({}), 'file');
      states[state]?.(path);
      const file = resources[verb as keyof typeof resources](path);
      if (typeof expected === 'object' && 'code' in expected) {
        const before = lstatSync(path);
        await t.rejects(fileExecutor.check(file, context), expected);
        await t.rejects(fileExecutor.apply(file, context), { code: /^(refused_resource|not_regular)$/ });
        t.match(lstatSync(path), { ino: before.ino, mode: before.mode }, 'stays as it is');
      } else {
        const change = await converge(file);
        if (expected === 'ok') t.equal(change, 'ok');
        else t.match(change, expected);
        t.notMatch(change, CANARY);
        if (verb === 'absent') t.throws(() => lstatSync(path), { code: 'ENOENT' });
        else t.equal(lstatSync(path).mode, 0o100640, 'a regular file with its mode');
        if (verb === 'withContent') t.equal(readFileSync(path, 'utf8'), CANARY);
      }
      if (existsSync(`${path}-target`)) t.equal(readFileSync(`${path}-target`, 'utf8'), 'victim', 'nothing through it');
      t.notOk(
        readdirSync(join(path, '..')).some((name) => name.startsWith('.vigo-tmp')),
        'nothing is left behind',
      );
    });
  }
}

t.test('a folder that is missing above the path', async (t) => {
  const path = join(t.testdir({}), 'no/file');
  t.same(await fileExecutor.check(present(path, CANARY), context), { change: 'creates it' });
  await t.rejects(fileExecutor.apply(present(path, CANARY), context), { code: 'not_found' });
  t.equal(await fileExecutor.check(absent(path), context), 'ok');
});

t.test('a reader that opened the old file keeps it, and the new one is another file', async (t) => {
  const path = join(t.testdir({ file: 'old' }), 'file');
  linkSync(path, `${path}-second`);
  await converge(present(path, 'new'));
  t.equal(readFileSync(`${path}-second`, 'utf8'), 'old', 'a second name of the old file still has the old content');
});

t.test('mode alone is not set on a file with a second name', async (t) => {
  const path = join(t.testdir({ shadow: 'x' }), 'file');
  linkSync(join(path, '../shadow'), path);
  await t.rejects(fileExecutor.apply(present(path, undefined, { mode: 0o666 }), context), { code: 'not_regular' });
});

t.test('the set-id bits are declared like any other', async (t) => {
  const path = join(t.testdir({}), 'file');
  await converge(present(path, 'x', { mode: 0o4755 }));
  t.equal(statSync(path).mode & 0o7777, 0o4755);
});

t.test('a folder above that others can exchange', async (t) => {
  const dir = t.testdir({ shared: {}, etc: {} });
  chmodSync(join(dir, 'shared'), 0o777);
  symlinkSync('../etc', join(dir, 'shared/config'));
  const file = present(join(dir, 'shared/config/passwd'), CANARY);
  await t.rejects(fileExecutor.check(file, context), { code: 'not_regular' });
  await t.rejects(fileExecutor.apply(file, context), { code: 'not_regular' });
  t.same(readdirSync(join(dir, 'etc')), []);
});

t.test('owner and group', { skip: !isRoot && 'only root gives files away' }, async (t) => {
  const path = join(t.testdir({}), 'file');
  await converge(present(path, 'x', { owner: '12345', group: 'daemon' }));
  const gid = Number(execFileSync('getent', ['group', 'daemon'], { encoding: 'utf8' }).split(':')[2]);
  t.match(statSync(path), { uid: 12345, gid });
  t.equal(await converge(present(path, 'x')), 'ok', 'who owns it stays where nobody is declared');
  t.match(await converge(present(path, 'y')), /content/);
  t.match(statSync(path), { uid: 12345, gid });
  t.match(await converge(present(path, 'y', { owner: 'root' })), /^owner 12345 becomes 0$/);
  const nobody = present(path, 'y', { owner: 'no-such-user' });
  await t.rejects(fileExecutor.check(nobody, context), { code: 'refused_resource' });
});

t.test(
  'a secret is not given to who put a file there',
  { skip: !isRoot && 'only root can make files and folders of another user' },
  async (t) => {
    const path = join(t.testdir({ file: CANARY }), 'file');
    execFileSync('chown', ['12345', path]);
    chmodSync(path, 0o640);
    const change = await converge(present(path, CANARY, { confidential: true }));
    t.match(change, /^owner 12345 becomes 0$/);
    t.equal(statSync(path).uid, 0);
  },
);

t.test('what a run that was killed left of a secret is cleared away', async (t) => {
  const dir = t.testdir({});
  const unfinished = temporaryPath(dir);
  writeFileSync(unfinished, 'half a sec', { mode: 0o600 });
  t.equal(await converge(present(join(dir, 'it'), 'half a secret', { confidential: true })), 'creates it');
  t.same(readdirSync(dir), ['it']);
});

const NOBODY = 65534;
const noAcl = !isRoot
  ? 'only root can make files and folders of another user'
  : !existsSync('/usr/bin/setfacl') && 'setfacl is not installed (Debian: acl)';

/** Whether another user, whom an ACL may name, can read a file by its path. */
function canRead(path: string, uid: number): boolean {
  return spawnSync('setpriv', [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', 'cat', path]).status === 0;
}

/** A folder of another user that all can enter, below one of root's. */
function foreignFolder(t: Test): string {
  const dir = mkdtempSync('/tmp/vigo-acl-');
  t.teardown(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  const folder = join(dir, 'home');
  mkdirSync(folder);
  chownSync(folder, 12345, 12345);
  return folder;
}

t.test('a default ACL opens no file that holds a secret', { skip: noAcl }, async (t) => {
  const secret = (path: string, mode: number) => present(path, CANARY, { confidential: true, mode });
  const setfacl = (...args: string[]) => execFileSync('setfacl', args);
  for (const [name, acl] of [
    ['plain', 'd:u:65534:rwx'],
    ['hidden by its mask', 'd:u::---,d:g::---,d:o::---,d:m::---,d:u:65534:rwx'],
    ['of a group', 'd:g:65534:r-x'],
  ] as const) {
    const folder = foreignFolder(t);
    setfacl('-m', acl, folder);
    setfacl('-m', 'u:65534:rwx', folder);
    const inner = join(folder, 'inner');
    mkdirSync(inner); // root's own, which inherits the ACL
    setfacl('-m', 'u::rwx,o::rx', inner);
    for (const place of [folder, inner]) {
      for (const mode of [0o640, 0o660, 0o604]) {
        const file = secret(join(place, mode.toString(8)), mode);
        await t.rejects(
          fileExecutor.apply(file, context),
          { code: 'refused_resource' },
          `${name}, ${mode.toString(8)}`,
        );
      }
      t.notOk(
        readdirSync(place).some((entry) => entry !== 'inner'),
        'nothing is left',
      );
      const closed = join(place, 'closed');
      await converge(secret(closed, 0o600));
      t.notOk(canRead(closed, NOBODY), 'mode 0600 holds, whatever the ACL');
    }
  }
});

t.test('a file with a secret that already has an ACL is replaced', { skip: noAcl }, async (t) => {
  const folder = foreignFolder(t);
  const path = join(folder, 'file');
  const file = present(path, CANARY, { confidential: true });
  t.equal(await converge(file), 'creates it');
  execFileSync('setfacl', ['-m', 'u:65534:r', path]);
  t.ok(canRead(path, NOBODY));
  t.equal(await converge(file), 'removes its ACL');
  t.notOk(canRead(path, NOBODY));
  t.equal(await converge(file), 'ok');
});

t.test('a folder of root keeps the ACL that root gave it', { skip: noAcl }, async (t) => {
  const dir = mkdtempSync('/etc/vigo-acl-');
  t.teardown(() => rmSync(dir, { recursive: true }));
  chmodSync(dir, 0o755);
  execFileSync('setfacl', ['-m', 'd:u:65534:r', dir]);
  const path = join(dir, 'file');
  await converge(present(path, CANARY, { confidential: true }));
  t.ok(canRead(path, NOBODY), 'an operator let this user in');
});

const noBindfs = !isRoot
  ? 'only root can mount a file system'
  : !existsSync('/usr/bin/bindfs') && 'bindfs is not installed (Debian: bindfs)';

t.test('a file system that keeps no modes gets no secret', { skip: noBindfs }, async (t) => {
  const dir = mkdtempSync('/tmp/vigo-modes-');
  const [below, mounted] = [join(dir, 'below'), join(dir, 'mounted')];
  mkdirSync(below);
  mkdirSync(mounted);
  const mount = ['--chmod-ignore', '--chown-ignore', '--perms=0777', below, mounted];
  const { status } = spawnSync('bindfs', mount);
  t.teardown(() => {
    if (status === 0) execFileSync('umount', [mounted]);
    rmSync(dir, { recursive: true });
  });
  if (status !== 0) return t.comment('skipped: FUSE can not be used here');
  const path = join(mounted, 'file');
  const written: number[] = [];
  const watcher = watch(below, (_, name) => {
    const found = name === null ? undefined : lstatSync(join(below, name), { throwIfNoEntry: false });
    if (found !== undefined) written.push(found.size);
  });
  t.teardown(() => watcher.close());
  const file = present(path, CANARY, { confidential: true, mode: 0o600 });
  await t.rejects(fileExecutor.apply(file, context), { room: 'files', code: 'not_private', message: path });
  t.same(readdirSync(below), []);
  t.notOk(
    written.some((size) => size > 0),
    'not for an instant',
  );
  writeFileSync(path, 'x');
  await t.rejects(fileExecutor.apply(present(path), context), { code: /not_private|not_regular/ });
});

t.test(
  'errors say what keeps even root from writing',
  { skip: !isRoot && 'only root can mount a file and make one immutable' },
  async (t) => {
    const dir = t.testdir({ source: 'x', mounted: 'x', fixed: 'x' });
    const failure = (name: string) =>
      fileExecutor.apply(present(join(dir, name), 'new'), context).then(
        () => ({ hint: 'did not fail' }),
        (error) => error,
      );
    let tried = 0;
    const whileSo = async (begin: string[], end: string[], name: string, expected: object) => {
      if (spawnSync(begin[0] ?? '', begin.slice(1)).status !== 0) return;
      tried++;
      const error = await failure(name);
      execFileSync(end[0] ?? '', end.slice(1));
      t.match(error, expected);
    };
    const [source, mounted, fixed] = ['source', 'mounted', 'fixed'].map((name) => join(dir, name)) as [
      string,
      string,
      string,
    ];
    const bound = { code: 'not_regular', hint: /unmount/ };
    await whileSo(['mount', '--bind', source, mounted], ['umount', mounted], 'mounted', bound);
    const immutable = { code: 'no_permission', hint: /chattr -i/ };
    await whileSo(['chattr', '+i', fixed], ['chattr', '-i', fixed], 'fixed', immutable);
    if (tried === 0) t.comment('skipped: neither a mount nor chattr works here');
  },
);

t.test(
  "a new file in a set-group-id folder gets that folder's group, but no secret does",
  { skip: !isRoot && 'only root can make files and folders of another user' },
  async (t) => {
    const dir = t.testdir({});
    chownSync(dir, 0, 12345);
    chmodSync(dir, 0o2755);
    await converge(present(join(dir, 'open'), 'x'));
    t.equal(statSync(join(dir, 'open')).gid, 12345);
    await converge(present(join(dir, 'secret'), 'x', { confidential: true }));
    t.equal(statSync(join(dir, 'secret')).gid, 0);
  },
);
