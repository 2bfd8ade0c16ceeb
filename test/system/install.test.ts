import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Finished } from '../../demo/programs.js';
import { systemClock } from '../../lib/base/index.js';
import { generateCa } from '../../lib/pki/index.js';
import { ProcessWatch } from './process-watch.js';
import { startFleet } from './start-fleet.js';

t.test('one command makes a machine an envoy', async (t) => {
  const fleet = await startFleet(t);
  const printed = async (host: string, ...flags: string[]) => {
    const args = ['envoys', 'token', '--match', host, '--script', '--server', fleet.url(), ...flags];
    return (await fleet.vigocli(...args)).stdout;
  };

  await t.test('as it was printed, pasted into a shell', async (t) => {
    const root = t.testdir({ run: { systemd: { system: {} } } });
    const script = await printed('web-1', '--label', 'site=berlin');
    const [, token = ''] = /const token = "(.*)";/.exec(script) ?? [];
    t.match(token, /^vget_/);
    t.match(script, /^ node /, 'a shell that is told so keeps a line with a space in front out of its history');
    const watch = new ProcessWatch();
    const pasted = await paste(script, root);
    t.equal(pasted.code, 0, pasted.stderr);
    t.match(pasted.stderr, /^enrolled as web-1, envoy /, 'a token for one name brings the name along');
    t.notMatch(watch.end().join('\n'), token.slice(5, 40), 'no process shows the token');

    const vigo = join(root, 'usr', 'local', 'bin', 'vigo');
    t.equal(readlinkSync(vigo), '../lib/vigo/vigo.mjs');
    const dirs = ['--config-dir', join(root, 'etc', 'vigo-envoy'), '--state-dir', join(root, 'var', 'lib', 'vigo')];
    const status = await run(vigo, ['status', '--json', ...dirs]);
    t.match(JSON.parse(status.stdout), { enrolled: true, host_name: 'web-1' });
    t.match(JSON.parse((await fleet.vigocli('envoys', 'show', 'web-1', '--json')).stdout), {
      envoy: { labels: { site: 'berlin' } },
    });

    const unit = readFileSync(join(root, 'etc', 'systemd', 'system', 'vigo.service'), 'utf8');
    const command = `${process.execPath} ${join(root, 'usr', 'local', 'lib', 'vigo', 'vigo.mjs')} run ${dirs.join(' ')}`;
    t.match(unit, `\nExecStart=${command}\n`);
    t.match(unit, '\nLimitCORE=0\n');
    for (const file of filesBelow(root)) t.notOk(readFileSync(file).includes(token), `${file} holds no token`);
    t.match(await paste(script, root), { code: 1, stderr: /already enrolled/ }, 'once more');
  });

  await t.test('a machine without systemd', async (t) => {
    const root = t.testdir();
    t.match(await paste(await printed('web-2'), root), { code: 0 });
    t.equal(existsSync(join(root, 'etc', 'systemd')), false);
    t.equal(existsSync(join(root, 'etc', 'vigo-envoy', 'identity.json')), true);
  });

  await t.test(
    'a server that another CA signed, and an agent that was changed: nothing is installed or sent',
    async (t) => {
      const script = await printed('web-3');
      const other = generateCa({ commonName: 'another CA', days: 1, clock: systemClock }).certificatePem;
      const lies = {
        'another CA': script.replace(/const ca = .*;/, () => `const ca = ${JSON.stringify(other)};`),
        'another program': script.replace(/const sha256 = "./, (found) => `${found.slice(0, -1)}g`),
        'another name than the certificate has': script.replace('//127.0.0.1:', '//127.0.0.2:'),
        'plain HTTP': script.replace('https://', 'http://'),
      };
      for (const [what, lie] of Object.entries(lies)) {
        const root = t.testdir();
        const { code, stderr } = await paste(lie, root);
        t.equal(code, 1, what);
        t.not(stderr, '', what);
        t.same(readdirSync(root), [], what);
      }
      t.same(await fleet.audit('enrollment.refused'), []);
      const insecure = t.testdir();
      const env = { NODE_TLS_REJECT_UNAUTHORIZED: '0' };
      t.match(await paste(lies['another CA'], insecure, env), { code: 1 }, 'whatever the environment says');
      t.match(await paste(script, t.testdir()), { code: 0 }, 'the token is as good as before');
    },
  );

  await t.test('a token that is used, or withdrawn', async (t) => {
    const script = await printed('web-4');
    const [{ id } = { id: '' }] = JSON.parse((await fleet.vigocli('envoys', 'token', 'list', '--json')).stdout);
    await fleet.vigocli('envoys', 'token', 'revoke', id);
    const root = t.testdir();
    t.match(await paste(script, root), { code: 3, stderr: /^error: the server refuses to enroll/ });
    t.equal(existsSync(join(root, 'etc', 'vigo-envoy', 'identity.json')), false);
  });
});

/** Gives a shell what a person would paste into it. */
function paste(script: string, root: string, env: Record<string, string> = {}): Promise<Finished> {
  return run('bash', [], script, { VIGO_ROOT: root, ...env });
}

async function run(
  program: string,
  args: readonly string[],
  input = '',
  env: Record<string, string> = {},
): Promise<Finished> {
  const child = spawn(program, args, { env: { PATH: process.env.PATH, HOME: '/nowhere', ...env } });
  const said = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].on('data', (chunk) => {
      said[stream] += chunk;
    });
  }
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  const [code] = await once(child, 'close');
  return { code, ...said };
}

function filesBelow(root: string): string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ path, name }) => join(path, name));
}
