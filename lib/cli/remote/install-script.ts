import { AGENT_PATH } from '../../wire/index.js';

export interface InstallOrder {
  /** `https://host:port` as the machine reaches the server. */
  readonly server: string;
  /** PEM. */
  readonly ca: string;
  /** Of the agent's program: 64 hexadecimal digits. */
  readonly sha256: string;
  readonly token: string;
  /** The name to enroll under; undefined for what the machine is called. */
  readonly hostName: string | undefined;
}

/**
 * One command for a root shell, which makes a machine with Node an envoy: it fetches the agent over a connection that
 * is verified with the CA alone, compares its hash, and enrolls. Nothing of it is in an argument that other users of
 * the machine could read, and bash and zsh leave a line that begins with a space out of their history where they are
 * told so, as they are on Debian and its kin.
 */
export function installScript({ server, ca, sha256, token, hostName }: InstallOrder): string {
  const values = { server, sha256, token, hostName: hostName ?? null, ca };
  const constants = Object.entries(values).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};\n`);
  return ` node --input-type=module - <<'VIGO'\n${constants.join('')}${PROGRAM}VIGO\n`;
}

/** For Node's standard input. `VIGO_ROOT` installs below another folder, and starts nothing. */
const PROGRAM = `
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { join } from 'node:path';

process.umask(process.umask(0o077) & 0o077); // one like 0177 would close new folders to their owner
process.umask(0o022); // what is installed is readable to all and writable to root, whatever the umask of this shell
const root = process.env.VIGO_ROOT ?? '/';
const fail = (problem) => {
  console.error('error: ' + problem);
  process.exit(1);
};
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 11)) fail('Node 20.11 or newer is needed, and this is ' + process.version);
if (root === '/' && process.getuid() !== 0) fail('run this as root');

const agent = await new Promise((resolve) => {
  const trust = { ca, rejectUnauthorized: true, minVersion: 'TLSv1.3', agent: false };
  const call = get(new URL('${AGENT_PATH}', server), { ...trust, signal: AbortSignal.timeout(300_000) }, (answer) => {
    const chunks = [];
    if (answer.statusCode !== 200) fail(server + ' answers with HTTP ' + answer.statusCode);
    answer.on('data', (chunk) => chunks.push(chunk));
    answer.on('end', () => resolve(Buffer.concat(chunks)));
  });
  call.on('error', (error) => fail("can't fetch the agent from " + server + ': ' + error.message));
});
if (createHash('sha256').update(agent).digest('hex') !== sha256) {
  fail('the agent has another SHA-256 than this command: it was changed, or the server was updated since');
}

const program = join(root, 'usr/local/lib/vigo/vigo.mjs');
const command = join(root, 'usr/local/bin/vigo');
mkdirSync(join(program, '..'), { recursive: true, mode: 0o755 });
mkdirSync(join(command, '..'), { recursive: true, mode: 0o755 });
writeFileSync(program + '.new', agent, { mode: 0o755 });
renameSync(program + '.new', program);
rmSync(command, { force: true });
symlinkSync('../lib/vigo/vigo.mjs', command);

const elsewhere =
  root === '/' ? [] : ['--config-dir', join(root, 'etc/vigo-envoy'), '--state-dir', join(root, 'var/lib/vigo')];
const vigo = (args, options) => spawnSync(process.execPath, [program, ...args, ...elsewhere], options);
const name = hostName === null ? [] : ['--host-name', hostName];
const enroll = ['enroll', '--server', server, '--token-file', '-', ...name];
const enrolled = vigo(enroll, { input: token, stdio: ['pipe', 'inherit', 'inherit'] });
if (enrolled.status !== 0) process.exit(enrolled.status ?? 1);

if (existsSync(join(root, 'run/systemd/system'))) {
  const unit = vigo(['unit'], { stdio: ['ignore', 'pipe', 'inherit'] });
  if (unit.status !== 0) process.exit(unit.status ?? 1);
  mkdirSync(join(root, 'etc/systemd/system'), { recursive: true, mode: 0o755 });
  const service = join(root, 'etc/systemd/system/vigo.service');
  writeFileSync(service, unit.stdout);
  chmodSync(service, 0o644); // one from before may have another mode
  if (root === '/') {
    for (const args of [['daemon-reload'], ['enable', '--now', 'vigo.service']]) {
      if (spawnSync('systemctl', args, { stdio: 'inherit' }).status !== 0) fail('systemctl ' + args[0] + ' failed');
    }
    console.error('vigo.service runs: see it with journalctl -u vigo');
  }
}
`;
