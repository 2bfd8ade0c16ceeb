import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t, { type Test } from 'tap';
import { fromBase64Url } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { parseEnvoyUri } from '../../lib/pki/index.js';
import { startAgentServer } from '../../lib/rpc/index.js';
import { type EnrollmentServer, startEnrollmentServer } from './enrollment-server.js';
import { Responder } from './responder.js';

const CANARY = 'canary-7f3a';
const program = join(t.testdir({}), 'vigo.mjs');

// As it is shipped: one file.
await build({
  entryPoints: [fileURLToPath(new URL('../../bin/vigo.ts', import.meta.url))],
  outfile: program,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['--no-addons', program, ...args], { env: { PATH: process.env.PATH } });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) child[stream].on('data', (chunk) => (text[stream] += chunk));
  return { child, ended: once(child, 'close').then(([code]) => ({ code, ...text })) };
}

function vigo(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}

t.test('bad usage ends with 2 and a hint, help with 0', async (t) => {
  for (const [args, code, stdout, stderr] of [
    [['--help'], 0, /vigo enroll --server/, /^$/],
    [['run', '--help'], 0, /--dry-run/, /^$/],
    [['--version'], 0, /^vigo \d/, /^$/],
    [[], 2, /^$/, /^error: .*\nhint: vigo --help\n$/],
    [['frobnicate'], 2, /^$/, /^error: .*frobnicate.*\nhint: vigo enroll \| run \| status \| unit\n$/],
    [['run', '--frobnicate'], 2, /^$/, /^error: unknown option --frobnicate\nhint: vigo run --help\n$/],
    [['run', '--interval'], 2, /^$/, /hint: /],
    [['run', '--interval', 'soon'], 1, /^$/, /hint: like 90s/],
    [['run', '--once=yes'], 2, /^$/, /hint: /],
    [['status', 'now'], 2, /^$/, /hint: /],
    [['enroll'], 2, /^$/, /^error: --server <url> is missing\nhint: vigo enroll --help\n$/],
    [['enroll', '--server', 'https://x', '--token', 'vget_x'], 2, /^$/, /--token/],
  ] as const) {
    const ended = await vigo(...args);
    t.match(ended, { code, stdout, stderr }, args.join(' '));
  }
});

t.test('a machine that is not enrolled', async (t) => {
  const dir = t.testdir({});
  const where = ['--config-dir', join(dir, 'config'), '--state-dir', join(dir, 'state')];
  t.match(await vigo('run', ...where), { code: 1, stderr: /not enrolled.*\nhint: vigo enroll/ });
  t.match(await vigo('status', ...where), { code: 4, stdout: /^state +not enrolled\n(.*\n)*enrolled +false$/m });
  t.notOk(existsSync(join(dir, 'state')), 'nothing was made');
});

interface Fleet {
  readonly dir: string;
  readonly where: string[];
  readonly responder: Responder;
  readonly enrollment: EnrollmentServer;
}

/** Both listeners of a server on loopback, with real certificates. */
async function startFleet(t: Test): Promise<Fleet> {
  const dir = t.testdir({ machine: {} });
  let grpcPort = 0;
  const enrollment = await startEnrollmentServer({ alter: (answer) => ({ ...answer, grpc_port: grpcPort }) });
  const envoyKey = () => fromBase64Url(enrollment.requests.at(-1)?.ed25519_public_key ?? '');
  const responder = new Responder(enrollment.policySigner, await loadEd25519(), envoyKey);
  const { ca, server } = enrollment.authority;
  const agentServer = await startAgentServer({
    listen: '127.0.0.1:0',
    tls: { ...server, caPem: ca.certificatePem },
    peerIdentity: parseEnvoyUri,
    isActive: () => true,
    handlers: {
      checkIn: (call) => responder.call('CheckIn', call.bytes),
      resolveSecrets: (call) => responder.call('ResolveSecrets', call.bytes),
      reportRun: (call) => responder.call('ReportRun', call.bytes),
      async wakeUp(call, stream) {
        await responder.wakeUp(call.bytes, () => stream.send());
        await once(stream.closed, 'abort');
      },
    },
  });
  grpcPort = agentServer.port;
  t.teardown(() => Promise.all([agentServer.close({ graceMs: 100 }), enrollment.close()]));
  responder.resources = [
    {
      type: 'file',
      name: 'conf',
      ensure: 'present',
      path: join(dir, 'machine/conf'),
      mode: '0600',
      content: 'dsn=__VIGO_SECRET__vigo/db/dsn__END_VIGO_SECRET__',
    },
  ];
  responder.setSecret('vigo/db/dsn', CANARY);
  return {
    dir,
    where: ['--config-dir', join(dir, 'config'), '--state-dir', join(dir, 'state')],
    responder,
    enrollment,
  };
}

t.test('enroll, run once, run on, stop', async (t) => {
  const { dir, where, responder, enrollment } = await startFleet(t);
  const tokenFile = join(dir, 'token');
  const conf = join(dir, 'machine/conf');
  writeFileSync(tokenFile, `${enrollment.token}\n`, { mode: 0o600 });
  const enroll = ['enroll', '--server', enrollment.url, '--host-name', 'web-1', ...where];

  t.match(await vigo(...enroll, '--token-file', join(dir, 'none')), { code: 4, stderr: /none/ });
  // Its standard input is a socket, which can't be opened by name.
  const piped = start(...enroll, '--token-file', '/dev/stdin');
  piped.child.stdin?.end(enrollment.token);
  t.match(await piped.ended, { code: 0, stdout: '', stderr: /^enrolled as web-1, envoy .*\nnext: vigo run\n$/ });
  t.match(await vigo(...enroll, '--token-file', tokenFile), { code: 1, stderr: /already enrolled/ });
  t.equal(JSON.parse((await vigo('status', '--json', ...where)).stdout).host_name, 'web-1');

  t.match(await vigo('run', '--once', '--dry-run', ...where), {
    code: 0,
    stdout: /^would change +web\/conf \(file\): creates it\n$/,
  });
  t.notOk(existsSync(conf));
  const [first, second] = [await vigo('run', '--once', ...where), await vigo('run', '--once', ...where)];
  t.match(first, { code: 0, stdout: /^changed +web\/conf \(file\): creates it\n$/ });
  t.match(second, { code: 0, stdout: /^unchanged +web\/conf \(file\)\n$/ });
  t.equal(readFileSync(conf, 'utf8'), `dsn=${CANARY}`);
  t.equal(responder.reports.length, 3);
  const converged = await vigo('status', '--json', ...where);
  t.equal(converged.code, 0);
  t.match(JSON.parse(converged.stdout), { policy_version: 1, state: 'converged' });

  const running = start('run', ...where);
  while (responder.reports.length < 4) await setTimeout(5);
  const inParallel = await vigo('run', '--once', ...where);
  t.match(inParallel, { code: 1, stderr: /locked by process/ });
  running.child.kill('SIGTERM');
  const stopped = await running.ended;
  t.match(stopped, { code: 0, stderr: /info stopped\n$/ });

  const failing = { type: 'exec', name: 'bad', command: 'echo no; exit 3', timeout: '1m' } as const;
  responder.resources = [failing];
  responder.version++;
  t.match(await vigo('run', '--once', ...where), {
    code: 1,
    stdout: /^failed +web\/bad \(exec\): .*3: no\n$/,
    stderr: /^error: 1 of 1 resources failed\n$/m,
  });
  const { code, stdout } = await vigo('status', ...where);
  t.equal(code, 1, 'a failure is visible on the machine, and to what watches it');
  t.match(stdout, /^state +failing\nlast run +failed 1 of 1, 20.*Z\nfailed +web\/bad\n/);
  t.match(JSON.parse((await vigo('status', '--json', ...where)).stdout), {
    state: 'failing',
    last_run: { resources: 1, failed: 1, failed_resources: ['web/bad'], aborted: false },
  });
  t.notMatch([first, second, stopped].map(({ stdout, stderr }) => stdout + stderr).join(), CANARY);
});

t.test('output that nobody reads ends as a SIGPIPE would, without a stack trace', async (t) => {
  const dir = t.testdir({});
  const where = ['--config-dir', join(dir, 'config'), '--state-dir', join(dir, 'state')];
  for (const args of [['--help'], ['status', ...where]]) {
    const { child, ended } = start(...args);
    child.stdout?.destroy();
    t.match(await ended, { code: 141, stderr: '' }, args.join(' '));
  }
});

t.test('what a full disk did not take is said, and is no success', async (t) => {
  const dir = t.testdir({});
  const where = ['--config-dir', join(dir, 'config'), '--state-dir', join(dir, 'state')];
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));
  const child = spawn(process.execPath, [program, 'status', ...where], { stdio: ['ignore', full, 'pipe'] });
  let stderr = '';
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const [code] = await once(child, 'close');
  t.match({ code, stderr }, { code: 1, stderr: /^error: can't write to stdout: no space left.*\nhint: [^\n]*\n$/ });
});

t.test('a run goes on and sends its report when its log and its output cannot be written', async (t) => {
  const { dir, where, responder, enrollment } = await startFleet(t);
  const enrolling = start('enroll', '--server', enrollment.url, '--host-name', 'web-1', ...where, '--token-file', '-');
  enrolling.child.stdin?.end(enrollment.token);
  t.match(await enrolling.ended, { code: 0 });
  const full = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(full));

  const single = spawn(process.execPath, [program, 'run', '--once', ...where], { stdio: ['ignore', full, full] });
  t.same(await once(single, 'exit'), [1, null], 'it says by its exit code that its output is lost');
  t.equal(responder.reports.length, 1);
  t.equal(readFileSync(join(dir, 'machine/conf'), 'utf8'), `dsn=${CANARY}`);

  const resident = spawn(process.execPath, [program, 'run', ...where], { stdio: ['ignore', 'ignore', full] });
  const exit = once(resident, 'exit');
  const reported = (async () => {
    while (responder.reports.length < 2) await setTimeout(5);
  })();
  await Promise.race([reported, exit]);
  t.equal(responder.reports.length, 2);
  resident.kill('SIGTERM');
  t.same(await exit, [0, null]);
});

const isRoot = process.getuid?.() === 0;

t.test(
  'a machine with an impossible name is told of --host-name',
  { skip: !isRoot && 'only root can give a machine another name' },
  async (t) => {
    const where = ['--config-dir', t.testdirName, '--state-dir', t.testdirName];
    const enroll = ['enroll', '--server', 'https://127.0.0.1:1', '--token-file', '/dev/null', ...where];
    const renamed = 'echo My_Host > /proc/sys/kernel/hostname; exec "$@"';
    const child = spawn('unshare', ['--uts', 'sh', '-c', renamed, 'sh', process.execPath, program, ...enroll]);
    let stderr = '';
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    const [code] = await once(child, 'close');
    t.equal(code, 2);
    t.match(stderr, /^error: .*"My_Host".*\nhint: .*--host-name /);
  },
);
