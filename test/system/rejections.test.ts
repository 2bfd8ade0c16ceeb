import { spawn } from 'node:child_process';
import { createPrivateKey } from 'node:crypto';
import { once } from 'node:events';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { parseEnvoyUri } from '../../lib/pki/index.js';
import { startAgentServer } from '../../lib/rpc/index.js';
import { Rejection, type RejectionReason } from '../../lib/wire/index.js';
import type { ThrowAwayFleet } from './fleet.js';
import { startFleet } from './start-fleet.js';

const VIGO = fileURLToPath(new URL('../../dist/vigo.mjs', import.meta.url));
const HOST = 'web-1';
const DAY_MS = 86_400_000;

// Some forty programs, one after the other.

t.test('a server that refuses', async (t) => {
  const fleet = await startFleet(t);
  await fleet.enroll(HOST);
  await fleet.enroll('web-2');
  await fleet.publish({ 'envoys.vgo': 'envoys:\n  - match: "*"\n    configcrates: []\n' });
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
  const identity = filesOf(fleet.configDir(HOST));
  const keepsIdentity = (what: string) => t.strictSame(filesOf(fleet.configDir(HOST)), identity, what);
  /** Another contact, and what `vigo status` says then. */
  const refusal = async () => {
    const { code } = await fleet.vigo(HOST, 'run', '--once');
    t.not(code, 0);
    return firstProblem(fleet);
  };

  await t.test('for every reason there is: the agent keeps its identity, says why, and comes back', async (t) => {
    const reasons: Record<RejectionReason, object> = {
      malformed: {},
      instance: { instance: Buffer.alloc(16, 9) },
      certificate: {},
      unknown: {},
      forged: {},
      replay: { highestSequence: 7 },
      clock: {},
      revoked: {},
      lapsed: {},
      clone: {},
      quarantine: {},
      busy: {},
      stale_bundle: {},
      entitlement: {},
    };
    await fleet.server.end();
    for (const [reason, details] of Object.entries(reasons) as [RejectionReason, object][]) {
      const stop = await refuseAll(fleet, () => new Rejection(reason, `because of ${reason}`, details));
      const problem = await refusal();
      // Whoever has the server's TLS key can't revoke: that takes the policy key.
      const told = reason === 'revoked' ? { reason: 'unproven' } : { reason, message: `because of ${reason}` };
      t.match(problem, { task: 'check-in', ...told, advice: /./ });
      t.ok(Math.abs(Date.parse(problem.since) - Date.now()) < DAY_MS);
      keepsIdentity(reason);
      await stop();
    }
    t.match((await fleet.vigo(HOST, 'status')).stdout, /problem +check-in\b.*: entitlement since .*\nwhat to do +/);
    await fleet.startServer();
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
    t.equal(await firstProblem(fleet), undefined, 'forgotten with the next contact');
  });

  await t.test('as the real server does it', async (t) => {
    const [mine, theirs] = [fleet.configDir(HOST), fleet.configDir('web-2')];
    for (const [name, reason] of [
      ['tls.pem', 'certificate'],
      ['ed25519.seed', 'forged'],
    ] as const) {
      copyFileSync(join(theirs, name), join(mine, name));
      t.match(await refusal(), { reason }, `with the ${name} of another envoy`);
      writeFileSync(join(mine, name), identity[name] ?? '', 'latin1');
    }
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0, 'put back');

    t.match(await withClockAhead(fleet, 400 * DAY_MS), { reason: 'clock', message: /more than a year ahead/ });
    keepsIdentity('clock');
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0, 'the clock is right again');
    t.match(await withClockAhead(fleet, -600_000), { task: 'clock', message: /(59|60|61). s behind/ });
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0, 'sequences that were used are mended');
    t.equal(await firstProblem(fleet), undefined);

    await fleet.server.end();
    const swap = (from: string, to: string) =>
      fleet.inDatabase((db) => {
        db.pragma('foreign_keys = OFF');
        db.prepare('UPDATE envoys SET id = ? WHERE id = ?').run(to, from);
      });
    const { envoy_id: id } = JSON.parse(identity['identity.json'] ?? '');
    swap(id, '00000000-0000-4000-8000-000000000000');
    await fleet.startServer();
    t.match(await refusal(), { reason: 'unknown', advice: /vigo enroll --again/ });
    await fleet.server.end();
    swap('00000000-0000-4000-8000-000000000000', id);
    await fleet.startServer();
    t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0, 'known again');

    await fleet.vigocli('envoys', 'revoke', HOST);
    t.match(await refusal(), { reason: 'revoked' });
    keepsIdentity('revoked');
    await fleet.server.end();
    t.match(await refusal(), { reason: 'unavailable' });
  });
});

async function firstProblem(fleet: ThrowAwayFleet) {
  return JSON.parse((await fleet.vigo(HOST, 'status', '--json')).stdout).problems[0];
}

/** Another server with the true one's keys, in its place. @returns what takes it away */
async function refuseAll(fleet: ThrowAwayFleet, reason: () => Rejection): Promise<() => Promise<void>> {
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const refuse = async () => {
    throw reason();
  };
  const server = await startAgentServer({
    listen: fleet.grpcAddress.replace('localhost', '127.0.0.1'),
    tls: { certificatePem: read('cert'), key: createPrivateKey(read('key')), caPem: read('ca') },
    handlers: { checkIn: refuse, resolveSecrets: refuse, reportRun: refuse, wakeUp: refuse },
    peerIdentity: parseEnvoyUri,
    isActive: () => true,
  });
  return () => server.close({ graceMs: 0 });
}

/** The agent on a machine whose clock is wrong by so much, and what its status says then. */
async function withClockAhead(fleet: ThrowAwayFleet, aheadMs: number) {
  const shift = `const { now } = Date; Date.now = () => now() + ${aheadMs};`;
  const args = [`--import=data:text/javascript,${encodeURIComponent(shift)}`, VIGO, 'run', '--once'];
  const child = spawn(process.execPath, [...args, ...fleet.agentArgs(HOST)], { stdio: 'ignore' });
  await once(child, 'exit');
  return firstProblem(fleet);
}

function filesOf(dir: string): Record<string, string> {
  return Object.fromEntries(readdirSync(dir).map((name) => [name, readFileSync(join(dir, name), 'latin1')]));
}
