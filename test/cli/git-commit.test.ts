import { execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { gitCommitOf } from '../../lib/cli/host/git-commit.js';
import { readStacksTree } from '../../lib/policy/index.js';

const skip = hasGit() ? false : 'git is missing: apt-get install git';

const ENVOYS = 'envoys: []\n';

function hasGit(): boolean {
  try {
    execFileSync('git', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function git(cwd: string, ...args: string[]): string {
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...who, ...args], { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
}

/** A repository with one commit. */
function makeRepository(t: Test, files: Record<string, string> = { 'envoys.vgo': ENVOYS }) {
  const dir = t.testdir();
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(dir, path, '..'), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  git(dir, 'init', '-q');
  git(dir, 'add', '-A');
  git(dir, 'commit', '-qm', 'first');
  return { dir, head: git(dir, 'rev-parse', 'HEAD') };
}

const commitOf = async (dir: string) => gitCommitOf(dir, await readStacksTree(dir));

t.test('finds the commit of a clean checkout, also in a folder of one', { skip }, async (t) => {
  const { dir, head } = makeRepository(t, {
    'README.md': 'hello\n',
    'stacks/envoys.vgo': ENVOYS,
    'stacks/a/b.vgo': 'configcrate: b\n',
    'stacks/.hidden/c.vgo': 'not read\n',
  });
  t.equal(await commitOf(join(dir, 'stacks')), head);
  writeFileSync(join(dir, 'stacks/notes.txt'), 'not published');
  writeFileSync(join(dir, 'README.md'), 'changed\n');
  t.equal(await commitOf(join(dir, 'stacks')), head, 'what is not published does not count');
  git(dir, 'gc', '-q');
  t.equal(await commitOf(join(dir, 'stacks')), head, 'from a pack');
});

t.test('finds none where a file differs from the commit, is new or is gone', { skip }, async (t) => {
  const { dir } = makeRepository(t, { 'envoys.vgo': ENVOYS, 'a.vgo': 'configcrate: a\n' });
  writeFileSync(join(dir, 'a.vgo'), 'configcrate: b\n');
  git(dir, 'update-index', '--assume-unchanged', 'a.vgo');
  t.equal(await commitOf(dir), undefined, 'differs, whatever the index says');
  writeFileSync(join(dir, 'a.vgo'), 'configcrate: a\n');
  t.type(await commitOf(dir), 'string');
  writeFileSync(join(dir, 'b.vgo'), 'configcrate: b\n');
  t.equal(await commitOf(dir), undefined, 'new');
  git(dir, 'rm', '-q', '--cached', 'a.vgo');
  t.equal(await commitOf(dir), undefined);
});

t.test('finds none without a repository, without a commit and without git', { skip }, async (t) => {
  const tree = new Map([['envoys.vgo', Buffer.from(ENVOYS)]]);
  t.equal(await gitCommitOf(join(t.testdirName, 'nowhere'), tree), undefined);
  const dir = t.testdir({ 'envoys.vgo': ENVOYS });
  git(dir, 'init', '-q');
  t.equal(await gitCommitOf(dir, tree), undefined);
  const { PATH } = process.env;
  process.env.PATH = dir;
  t.teardown(() => {
    process.env.PATH = PATH;
  });
  t.equal(await gitCommitOf(dir, tree), undefined);
});

t.test('runs nothing that a hostile repository names', { skip }, async (t) => {
  const { dir, head } = makeRepository(t, { 'envoys.vgo': ENVOYS, '.gitattributes': '* filter=evil diff=evil\n' });
  const mark = join(dir, 'it ran');
  const program = join(dir, 'evil.sh');
  writeFileSync(program, `#!/bin/sh\necho "$0" >> '${mark}'\ncat\n`, { mode: 0o755 });
  for (const name of ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'core.editor', 'filter.evil.clean']) {
    git(dir, 'config', name, program);
  }
  for (const name of ['filter.evil.smudge', 'filter.evil.process', 'diff.evil.textconv', 'diff.external']) {
    git(dir, 'config', name, program);
  }
  for (const name of ['alias.ls-tree', 'alias.rev-parse']) git(dir, 'config', name, `!${program}`);
  git(dir, 'config', 'pager.ls-tree', program);
  git(dir, 'config', 'credential.helper', program);
  git(dir, 'config', 'core.alternateRefsCommand', program);
  // As a partial clone, so that a missing object would be fetched by a command of the repository.
  git(dir, 'config', 'core.repositoryFormatVersion', '1');
  git(dir, 'config', 'extensions.partialClone', 'origin');
  git(dir, 'config', 'remote.origin.promisor', 'true');
  git(dir, 'config', 'remote.origin.url', `ext::${program}`);
  git(dir, 'config', 'protocol.ext.allow', 'always');
  for (const hook of ['post-index-change', 'reference-transaction', 'post-checkout']) {
    writeFileSync(join(dir, '.git/hooks', hook), `#!/bin/sh\necho hook >> '${mark}'\n`, { mode: 0o755 });
  }
  t.equal(await commitOf(dir), head);
  t.notOk(existsSync(mark));
  git(dir, 'status');
  t.ok(existsSync(mark), 'git would have run it for another question');
  rmSync(mark);
  // With the commit's tree gone git must fail, not fetch.
  writeFileSync(join(dir, '.git/HEAD'), `${'1'.repeat(40)}\n`);
  t.equal(await commitOf(dir), undefined);
  t.notOk(existsSync(mark));
});

const asRoot = skip || (process.geteuid?.() === 0 ? false : 'takes root to make a folder of another user');

t.test('a repository inside the folder of another user is not asked as root', { skip: asRoot }, async (t) => {
  const { dir } = makeRepository(t);
  // The folder is the user's, the repository is root's: git itself refuses it for that user.
  chownSync(dir, 65534, 65534);
  t.equal(await commitOf(dir), undefined);
});
