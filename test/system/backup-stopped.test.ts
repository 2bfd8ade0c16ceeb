import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { DIST } from '../cli/shell.js';
import { inMemory } from '../vault/kit.js';
import { LONG } from '../vault/processes.js';

const STOP = fileURLToPath(new URL('./stop-at-change.mjs', import.meta.url));
const PASSPHRASE = 'correct horse battery staple';
/** How many of the moments are tried, evenly spread; all of them in the long mode. */
const MOMENTS = LONG ? Number.POSITIVE_INFINITY : 5;

if (LONG) t.setTimeout(3_600_000);

t.test('backup, verify and restore, stopped at every change of a file', async (t) => {
  const root = t.testdir({ passphrase: PASSPHRASE, out: {}, beside: {}, tmp: {} });
  const memory = inMemory(t);
  const home = join(root, 'home');
  const env = {
    PATH: process.env.PATH,
    VIGO_HOME: home,
    TMPDIR: join(root, 'tmp'),
    XDG_RUNTIME_DIR: memory,
  };
  const spawned = (args: readonly string[], stop?: string) =>
    spawn(process.execPath, [...(stop ? ['--import', STOP] : []), join(DIST, 'vigocli.mjs'), ...args], {
      env: { ...env, VIGO_STOP: stop },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
  const run = async (args: readonly string[], { stop, input }: { stop?: string; input?: string } = {}) => {
    const child = spawned(args, stop);
    child.stdin.end(input);
    child.stdout.resume();
    let words = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      words += text;
    });
    const [code, signal] = await once(child, 'close');
    return { code, signal, words };
  };
  const succeed = async (args: readonly string[], input?: string) => {
    const { code, words } = await run(args, input === undefined ? {} : { input });
    t.equal(code, 0, `${args.join(' ')}: ${words}`);
  };
  const key = join(root, 'ops.key');
  const archive = join(root, 'out', 'vigo.backup');
  const target = join(root, 'beside', 'home');
  const backup = ['backup', archive, '--force', '--recipient', `${key}.pub`];
  const verify = ['backup', 'verify', archive, '--identity', key];
  const restore = ['restore', archive, '--home', target, '--identity', key];

  for (const verb of ['init', 'unlock'])
    await succeed(['secrets', verb, '--passphrase-file', join(root, 'passphrase')]);
  for (const name of ['a', 'b/c', 'b/c']) await succeed(['secrets', 'set', 'raw', name], `value of ${name}`);
  mkdirSync(join(home, 'stacks'));
  // More than a pipe takes, so that a backup waits for its reader.
  writeFileSync(join(home, 'stacks', 'a.vgo'), '# mine\n'.repeat(50_000));
  await succeed(['backup', 'keygen', key]);

  /** Stops a command at its moments, one after the other. */
  async function atEach(
    args: readonly string[],
    stopping: NodeJS.Signals,
    look: (moment: string, ended: Awaited<ReturnType<typeof run>>) => Promise<void>,
  ): Promise<void> {
    const log = join(root, 'steps');
    await look('at its end', await run(args, { stop: `0 ${stopping} ${log}` }));
    const steps = readFileSync(log, 'utf8').split('\n');
    t.ok(steps.length > 3, `${steps.length} changes`);
    const stride = Math.max(1, steps.length / MOMENTS);
    for (let nth = 1 + Math.floor(stride / 2); nth <= steps.length; nth += stride) {
      const n = Math.floor(nth);
      const ended = await run(args, { stop: `${n} ${stopping} ${log}` });
      await look(`${stopping} before change ${n}, ${steps[n - 1]}`, ended);
    }
  }

  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    await t.test(`backup, ${signal}`, async (t) => {
      await succeed(backup);
      const before = fingerprint(home);
      const beside = readdirSync(join(root, 'out')); // what a kill leaves there is encrypted
      let known = readFileSync(archive);
      await atEach(backup, signal, async (moment, ended) => {
        t.equal(fingerprint(home), before, `${moment}: the home is as it was`);
        const now = readFileSync(archive);
        if (ended.code === 0) t.notOk(now.equals(known), `${moment}: it ended well, and the backup is a new one`);
        if (signal === 'SIGKILL') {
          if (!now.equals(known)) await succeed(verify);
        } else if (ended.code !== 0) {
          t.equal(ended.signal, signal, moment);
          t.ok(now.equals(known), `${moment}: the old backup is there`);
          t.same(readdirSync(join(root, 'out')), beside, `${moment}: and nothing half beside it`);
          t.notOk(existsSync(join(home, 'secrets', '.snapshot')), `${moment}: nor in the vault`);
        }
        await succeed(backup);
        await succeed(verify);
        t.notOk(existsSync(join(home, 'secrets', '.snapshot')), `${moment}: the next one leaves nothing`);
        known = readFileSync(archive);
      });
    });

    await t.test(`restore, ${signal}`, async (t) => {
      const expected = fingerprint(home);
      await atEach(restore, signal, async (moment, ended) => {
        const whole = existsSync(target);
        if (whole) t.equal(fingerprint(target), expected, `${moment}: the restored home is whole`);
        else t.not(ended.code, 0, moment);
        if (signal === 'SIGINT') t.same(readdirSync(join(root, 'beside')), whole ? ['home'] : [], `${moment}: no more`);
        rmSync(target, { recursive: true, force: true });
        await succeed(restore);
        t.same(readdirSync(join(root, 'beside')), ['home'], `${moment}: the next one leaves nothing else`);
        t.equal(fingerprint(target), expected);
        rmSync(target, { recursive: true });
      });
      t.equal(fingerprint(home), expected);
    });
  }

  await t.test('verify, SIGTERM', async (t) => {
    const before = fingerprint(home);
    await atEach(verify, 'SIGTERM', async (moment) => {
      t.same(readdirSync(join(root, 'tmp')), [], `${moment}: nothing is left`);
      t.same(readdirSync(memory), [], `${moment}: in memory neither`);
    });
    t.equal(fingerprint(home), before);
  });

  await t.test('while it waits for somebody else', async (t) => {
    const archived = readFileSync(archive);
    for (const [what, args] of [
      ['a reader', ['backup', '-', '--recipient', `${key}.pub`]],
      ['more of a backup to verify', ['backup', 'verify', '-', '--identity', key]],
      ['more of a backup to restore', ['restore', '-', '--home', target, '--identity', key]],
    ] as const) {
      const child = spawned(args);
      // All but the end: whatever can be done is, and then it waits.
      if (args[1] !== '-' || args[0] === 'restore') child.stdin.write(archived.subarray(0, -100));
      if (args[0] === 'backup' && args[1] === '-') await once(child.stdout, 'readable');
      else await whenRead(child.stdin);
      child.kill('SIGTERM');
      const [code, signal] = await once(child, 'close');
      t.same([code, signal], [null, 'SIGTERM'], `waiting for ${what}`);
    }
    t.same(readdirSync(join(root, 'beside')), []);
    t.notOk(existsSync(join(home, 'secrets', '.snapshot')));
    await succeed(backup);
  });
});

async function whenRead(stream: NodeJS.WritableStream & { writableLength: number }): Promise<void> {
  while (stream.writableLength > 0) await once(stream, 'drain');
}

/** Everything below a home but what processes leave there, the sentinel, and a half-written one. */
function fingerprint(home: string): string {
  const hash = createHash('sha256');
  const walk = (folder: string) => {
    for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = join(folder, entry.name);
      if (['db', 'run', 'secrets/.snapshot', '.secrets-unlocked'].includes(relative(home, path))) continue;
      if (folder === home && entry.name.startsWith('.vigo-tmp-')) continue;
      hash.update(`${relative(home, path)}\0`);
      if (entry.isDirectory()) walk(path);
      else hash.update(entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path));
    }
  };
  walk(home);
  return hash.digest('hex');
}
