import { existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import { execExecutor } from '../../../lib/agent/executors/exec.js';
import { redactionOf } from '../../../lib/agent/held/redaction.js';
import { Secret } from '../../../lib/base/index.js';
import type { ResolvedExec } from '../../../lib/policy/index.js';

const CANARY = 'canary-7f3a';
const context = { redaction: redactionOf([Buffer.from(CANARY)]) };

function exec(command: ResolvedExec['command'], more: Partial<ResolvedExec> = {}): ResolvedExec {
  return { type: 'exec', name: 'it', command, confidential: false, timeoutMs: 60_000, ...more };
}

t.test('conditions decide whether it runs', async (t) => {
  const dir = t.testdir({ there: '' });
  const runs = { change: 'runs the command' };
  for (const [conditions, expected] of [
    [{}, runs],
    [{ creates: join(dir, 'there') }, 'ok'],
    [{ creates: join(dir, 'missing') }, runs],
    [{ creates: join(dir, 'there/deeper') }, runs],
    [{ onlyif: 'true' }, runs],
    [{ onlyif: 'exit 3' }, 'ok'],
    [{ onlyif: ['/bin/sh', '-c', 'exit 3'] }, 'ok'],
    [{ unless: 'true' }, 'ok'],
    [{ unless: 'false' }, runs],
    [{ onlyif: 'true', unless: 'true' }, 'ok'],
    [{ onlyif: 'true', unless: 'false', creates: join(dir, 'missing') }, runs],
  ] as const) {
    t.same(await execExecutor.check(exec('false', conditions), context), expected, JSON.stringify(conditions));
  }
});

t.test('a second run changes nothing', async (t) => {
  const file = join(t.testdir({}), 'made');
  const it = exec(['touch', file], { creates: file });
  await execExecutor.apply(it, context);
  t.equal(await execExecutor.check(it, context), 'ok');
});

t.test('a list is arguments, which no shell reads', async (t) => {
  const dir = t.testdir({});
  await execExecutor.apply(exec(['touch', '$(echo no)'], { cwd: dir }), context);
  t.ok(existsSync(join(dir, '$(echo no)')));
});

t.test('stdin takes bytes as they are, also of a command that reads none', async (t) => {
  const file = join(t.testdir({}), 'copy');
  const bytes = Buffer.from([0, 1, 0xff, 0x0a, ...Buffer.from(CANARY)]);
  await execExecutor.apply(exec(`cat > ${file}`, { stdin: new Secret<Uint8Array>(bytes) }), context);
  t.same(readFileSync(file), bytes);
  await execExecutor.apply(exec('true', { stdin: new Secret<Uint8Array>(Buffer.alloc(1 << 20)) }), context);
});

t.test('the environment is small and has nothing of ours', async (t) => {
  const dir = t.testdir({});
  process.env.VIGO_TEST_CANARY = CANARY;
  t.teardown(() => delete process.env.VIGO_TEST_CANARY);
  await execExecutor.apply(exec(`env -u PWD -u _ -u SHLVL -u OLDPWD env > ${dir}/env`), context);
  const names = readFileSync(join(dir, 'env'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  t.same(names.sort(), ['HOME', 'LANG', 'PATH']);
});

t.test('a failure says how it ended and what it printed, redacted', async (t) => {
  const failure = async (command: ResolvedExec['command'], more?: Partial<ResolvedExec>) => {
    const error = await execExecutor.apply(exec(command, more), context).then(
      () => t.fail('must fail'),
      (error) => error,
    );
    t.match(error, { room: 'agent', code: 'command_failed' });
    t.notMatch(error.message, CANARY);
    return String(error.message);
  };
  t.match(await failure('echo out; echo err >&2; exit 7'), /7: out\nerr$/);
  t.match(await failure('kill -9 $$'), /SIGKILL/);
  t.match(await failure('cat; exit 1', { stdin: new Secret<Uint8Array>(Buffer.from(CANARY)) }), /\[secret\]$/);
  t.match(await failure('base64; exit 1', { stdin: new Secret<Uint8Array>(Buffer.from(CANARY)) }), /\[secret\]/);
  await failure(['/no/such/program']);
  await failure('true', { cwd: '/no/such/folder' });
});

t.test('where a secret goes in, nothing of what comes out is shown', async (t) => {
  const stdin = new Secret<Uint8Array>(Buffer.from(CANARY));
  const turned = 'dbobsz-7g3b';
  const turn = 'tr a-z b-za';
  for (const [command, how] of [
    [`${turn}; exit 3`, /exited with 3.*\b11 bytes/],
    [`${turn} >&2; exit 4`, /exited with 4.*\b11 bytes/],
    [`${turn}; kill -9 $$`, /SIGKILL.*\b11 bytes/],
    ['exit 5', /exited with 5$/],
    [`${turn}; sleep 60`, /stopped after.*\b11 bytes/],
  ] as const) {
    const it = exec(command, { stdin, confidential: true, timeoutMs: command.includes('sleep') ? 300 : 60_000 });
    const error = await t.rejects(execExecutor.apply(it, context), { room: 'agent', code: 'command_failed' });
    if (!(error instanceof Error)) throw new Error('must fail');
    t.match(error.message, how);
    t.notMatch(error.message, turned);
  }
});

/** A zombie has ended too: whoever adopted it hasn't looked yet. */
function isRunning(pid: string): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !readFileSync(stat, 'utf8').includes(') Z ');
}

t.test('time runs out for the whole process group', async (t) => {
  const dir = t.testdir({});
  // The child of the shell ignores SIGTERM and would write after the shell is gone.
  writeFileSync(join(dir, 'stubborn'), `trap '' TERM; echo $$ > ${dir}/pid; while :; do sleep 0.05; done`);
  const stubborn = `sh ${dir}/stubborn & until [ -s ${dir}/pid ]; do sleep 0.01; done; sleep 60`;
  await t.rejects(execExecutor.apply(exec(stubborn, { timeoutMs: 300 }), context), { code: 'command_failed' });
  const pid = readFileSync(join(dir, 'pid'), 'utf8').trim();
  while (isRunning(pid)) await setTimeout(5);
  const slow = exec('true', { onlyif: 'sleep 60', timeoutMs: 20 });
  await t.rejects(execExecutor.check(slow, context), { code: 'command_failed' });
});

t.test('what goes on in the background holds nothing up', async (t) => {
  await t.resolves(execExecutor.apply(exec('sleep 5 &', { timeoutMs: 4000 }), context));
});

const isRoot = process.getuid?.() === 0;

t.test('a program opens /dev/stdin by its path to read a secret', async (t) => {
  const dir = t.testdir({});
  const stdin = (bytes: Uint8Array) => ({ stdin: new Secret<Uint8Array>(bytes), confidential: true });
  const small = Buffer.from(CANARY);
  const large = Buffer.alloc(1 << 20, 'larger than a pipe holds at once ');
  for (const [name, bytes] of Object.entries({ small, large })) {
    // dd opens what it is told to read; cp asks what kind of file it is first.
    await execExecutor.apply(exec(['dd', 'if=/dev/stdin', `of=${dir}/${name}`, 'bs=512'], stdin(bytes)), context);
    t.same(readFileSync(join(dir, name)), bytes);
    await execExecutor.apply(exec(`cp /dev/stdin ${dir}/copy-${name}`, stdin(bytes)), context);
    t.same(readFileSync(join(dir, `copy-${name}`)), bytes);
  }
  await execExecutor.apply(exec(`sleep 0.2; cat /dev/stdin > ${dir}/late`, stdin(small)), context);
  t.same(readFileSync(join(dir, 'late')), small, 'also after everything was written');
  t.test('as another user', { skip: !isRoot && 'only root can run a command as another user' }, async (t) => {
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', 'dd', 'if=/dev/stdin'];
    await execExecutor.apply(exec([...asNobody, 'of=/dev/null'], stdin(large)), context);
    await t.rejects(execExecutor.apply(exec([...asNobody, 'of=/etc/passwd'], stdin(small)), context));
  });
});

t.test('a command that gets a secret ends as one that gets none', async (t) => {
  const dir = t.testdir({});
  const stdin = new Secret<Uint8Array>(Buffer.alloc(1 << 20));
  const failure = async (command: ResolvedExec['command'], more: Partial<ResolvedExec> = {}) => {
    const error = await execExecutor.apply(exec(command, { stdin, ...more }), context).then(
      () => new Error('did not fail'),
      (error) => error,
    );
    return String(error.message);
  };
  t.match(await failure('exit 7'), /exited with 7$/);
  t.match(await failure(['sh', '-c', 'exit 7']), /exited with 7$/);
  t.match(await failure(['/no/such/program']), /exited with 127, program not found/);
  t.match(await failure(['sh', '-c', 'kill -9 $$']), /exited with 137, SIGKILL/);
  // Without a shell's built-in command of that name.
  await execExecutor.apply(exec(['test', '-e', '/'], { stdin }), context);
  const graceful = `trap 'echo ended well > ${dir}/end; exit' TERM; echo > ${dir}/ready; while :; do sleep 0.05; done`;
  t.match(await failure(['sh', '-c', graceful], { timeoutMs: 1000 }), /stopped after/);
  t.equal(readFileSync(join(dir, 'end'), 'utf8'), 'ended well\n', 'it has time to clean up');
});

t.test('the folder that a command starts in', async (t) => {
  const dir = t.testdir({ file: '' });
  symlinkSync('loop', join(dir, 'loop'));
  for (const [cwd, problem] of [
    ['file', 'it is a file, or leads through one, where a folder is needed'],
    ['missing', "it doesn't exist"],
    ['loop', 'it is a loop of symbolic links'],
  ] as const) {
    const path = join(dir, cwd);
    await t.rejects(execExecutor.apply(exec('true', { cwd: path }), context), {
      code: 'command_failed',
      message: `can't start in cwd ${path}: ${problem}`,
    });
  }
  await t.rejects(execExecutor.apply(exec([join(dir, 'file', 'x')]), context), /can't run .*: it is a file/);
  await t.rejects(execExecutor.apply(exec([join(dir, 'no')]), context), {
    message: `can't run ${dir}/no: it doesn't exist`,
  });
});
