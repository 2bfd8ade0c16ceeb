import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { connect } from 'node:tls';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { whenChanged } from './file-events.js';
import { PATIENCE_MS } from './resident.js';
import { startFleet } from './start-fleet.js';

const VIGOSRV = fileURLToPath(new URL('../../dist/vigosrv.mjs', import.meta.url));
const isRoot = process.getuid?.() === 0;

t.test('a server whose log cannot be written', async (t) => {
  const fleet = await startFleet(t);
  const run = join(fleet.home, 'run');
  const announcement = join(run, 'api.json');
  const ports = new URL(fleet.url()).port;
  await fleet.server.end();

  /** Starts the server with its log in `fd`, and waits until it serves. */
  async function serve(fd: number) {
    const env = { PATH: process.env.PATH, VIGO_HOME: fleet.home };
    const child = spawn(process.execPath, [VIGOSRV], { env, stdio: ['ignore', 'ignore', fd] });
    t.teardown(() => child.kill('SIGKILL'));
    const exit = once(child, 'exit');
    await Promise.race([whenChanged(run, 'the announcement', () => existsSync(announcement)), exit]);
    t.equal(child.exitCode, null, 'it started');
    return { child, exit };
  }

  /** The serial number of the certificate that the server shows. */
  async function shown(): Promise<string> {
    const socket = connect({ port: Number(ports), host: '127.0.0.1', rejectUnauthorized: false });
    await once(socket, 'secureConnect');
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  }

  async function replaceCertificate(): Promise<void> {
    const before = await shown();
    await fleet.vigocli('secrets', 'generate-certs', '--force');
    const patience = AbortSignal.timeout(PATIENCE_MS);
    while ((await shown()) === before) await setTimeout(50, undefined, { signal: patience });
  }

  await t.test('starts, serves, takes new certificates and stops with 0', async (t) => {
    const full = openSync('/dev/full', 'w');
    t.teardown(() => closeSync(full));
    const { child, exit } = await serve(full);
    await replaceCertificate();
    await replaceCertificate();
    child.kill('SIGTERM');
    t.same(await exit, [0, null]);
  });

  await t.test('says how many lines a full disk lost', { skip: !isRoot && 'mounting needs root' }, async (t) => {
    const disk = join(fleet.root, 'disk');
    mkdirSync(disk);
    t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', disk]).status, 0);
    const log = openSync(join(disk, 'log'), 'a');
    t.teardown(() => {
      closeSync(log);
      spawnSync('umount', [disk]);
    });
    const { child, exit } = await serve(log);
    t.throws(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(65_536)), { code: 'ENOSPC' });
    // The last block of the log has some room left.
    t.throws(() => {
      for (;;) writeSync(log, '\n');
    });
    for (let i = 0; i < 2; i++) await replaceCertificate();
    rmSync(join(disk, 'filler'));
    child.kill('SIGTERM');
    t.same(await exit, [0, null]);
    const lines = readFileSync(join(disk, 'log'), 'utf8').trimEnd().split('\n');
    t.match(
      lines.find((line) => line.includes('lines_lost')),
      /"lost":[1-9]/,
    );
    t.doesNotThrow(() => JSON.parse(lines.at(-1) ?? ''));
  });
});
