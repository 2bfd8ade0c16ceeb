import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { readTlsFiles } from '../../lib/server/trust/tls-files.js';
import { DIST } from '../cli/shell.js';
import { LONG } from '../vault/processes.js';
import { startFleet } from './start-fleet.js';

const STOP = fileURLToPath(new URL('./stop-at-change.mjs', import.meta.url));
const HOST = 'web-1';
/** How many of the moments are tried, evenly spread; all of them in the long mode. */
const MOMENTS = LONG ? Number.POSITIVE_INFINITY : 5;

if (LONG) t.setTimeout(3_600_000);

t.test('certificates and keys are replaced, killed at every change of a file', async (t) => {
  const fleet = await startFleet(t);
  await fleet.enroll(HOST);
  await fleet.publish({ 'envoys.vgo': 'envoys: []\n' });
  t.equal((await fleet.vigo(HOST, 'run', '--once')).code, 0);
  await fleet.server.end();
  const saved = join(fleet.root, 'saved');
  cpSync(fleet.home, saved, { recursive: true });
  await fleet.copyMachine(HOST, 'saved-machine');

  const { tls, trust } = homePaths(fleet.home);
  const file = (name: string) => join(tls, name);
  const read = () =>
    readTlsFiles({ ca: file('ca'), caKey: file('ca_key'), cert: file('cert'), key: file('key'), trust });
  const old = await read();
  const log = join(fleet.root, 'steps');
  const killed = async (args: readonly string[], nth: number) => {
    const child = spawn(process.execPath, ['--import', STOP, join(DIST, 'vigocli.mjs'), ...args], {
      env: { PATH: process.env.PATH, VIGO_HOME: fleet.home, VIGO_STOP: `${nth} SIGKILL ${log}` },
      stdio: 'ignore',
    });
    const [code, signal] = await once(child, 'close');
    return code ?? signal;
  };
  const restore = async () => {
    rmSync(fleet.home, { recursive: true });
    cpSync(saved, fleet.home, { recursive: true });
    await fleet.restoreMachine(HOST, 'saved-machine');
  };

  /** Kills a command at its moments, each time in the same home; what is there then must be in use by server and envoy. */
  async function atEach(args: readonly string[], look: (moment: string) => Promise<'old' | 'new'>): Promise<void> {
    const found: string[] = [];
    t.equal(await killed(args, 0), 0, args.join(' '));
    t.equal(await look('at its end'), 'new');
    const steps = readFileSync(log, 'utf8').split('\n');
    const stride = Math.max(1, steps.length / MOMENTS);
    for (let nth = 1 + Math.floor(stride / 2); nth <= steps.length; nth += stride) {
      const n = Math.floor(nth);
      const moment = `before change ${n} of ${steps.length}, ${steps[n - 1]}`;
      await restore();
      t.equal(await killed(args, n), 'SIGKILL', moment);
      found.push(await look(moment));
    }
    t.same(found, found.toSorted().reverse(), 'the old ones up to one instant, and the new ones from then on');
    await restore();
  }

  const runs = async (moment: string, run = () => fleet.vigo(HOST, 'run', '--once')) => {
    await fleet.startServer();
    const { code, stderr } = await run();
    t.equal(code, 0, `${moment}: the envoy checks in\n${stderr}`);
    await fleet.server.end();
  };

  await t.test('pki rotate-ca', () =>
    atEach(['pki', 'rotate-ca'], async (moment) => {
      const files = await read();
      const isNew = files.ca.certificatePem !== old.ca.certificatePem;
      t.equal(files.authorities.length, isNew ? 2 : 1, `${moment}: CA and chain are of one state`);
      t.equal(files.authorities.at(-1), files.ca.certificatePem);
      t.equal(files.certificatePem !== old.certificatePem, isNew, `${moment}: and the server certificate`);
      await runs(moment);
      await fleet.vigocli('pki', 'rotate-ca');
      t.equal((await read()).authorities.length, isNew ? 3 : 2, `${moment}: the next one goes on from there`);
      t.same(readdirSync(tls).sort(), ['ca', 'ca_key', 'cert', 'key', 'trust'], 'and leaves nothing else');
      await runs(`${moment}, and again`);
      return isNew ? 'new' : 'old';
    }),
  );

  await t.test('pki rotate-keys', () =>
    atEach(['pki', 'rotate-keys'], async (moment) => {
      const isNew = (await read()).trustNumber === 1;
      await runs(moment);
      await fleet.vigocli('pki', 'rotate-keys');
      t.same(readdirSync(join(fleet.home, 'keys')).sort(), ['checkpoint', 'generation', 'policy', 'watch'], moment);
      await runs(`${moment}, and again`);
      return isNew ? 'new' : 'old';
    }),
  );

  await t.test('secrets generate-certs --force', () =>
    atEach(['secrets', 'generate-certs', '--force'], async (moment) => {
      const files = await read();
      const isNew = files.ca.certificatePem !== old.ca.certificatePem;
      t.equal(files.certificatePem !== old.certificatePem, isNew, `${moment}: all of one state`);
      await runs(moment, async () => {
        if (!isNew) return fleet.vigo(HOST, 'run', '--once');
        const tokenFile = await fleet.makeToken(HOST);
        const enrolled = await fleet.vigo(HOST, 'enroll', '--again', ...fleet.enrollArgs(HOST, tokenFile));
        return enrolled.code === 0 ? fleet.vigo(HOST, 'run', '--once') : enrolled;
      });
      await fleet.vigocli('secrets', 'generate-certs', '--force');
      t.notOk(existsSync(file('.vigo-replacement')), moment);
      return isNew ? 'new' : 'old';
    }),
  );
});
