import { EventEmitter, once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpsRequest, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { systemClock } from '../../lib/base/index.js';
import { makeToken } from '../../lib/identity/index.js';
import { certificateHash, generateCa, issueServerCertificate } from '../../lib/pki/index.js';
import { CA_PATH, ENROLL_PATH } from '../../lib/wire/index.js';
import { pemOf } from '../pki/test-pki.js';
import type { ThrowAwayFleet } from './fleet.js';
import { PATIENCE_MS } from './resident.js';
import { startFleet } from './start-fleet.js';

/** What a machine may have on its disk before it is an envoy: its own new key. */
const KEYS = ['ed25519.seed'];

const UUID = /^[0-9a-f-]{36}$/;

interface Refused {
  readonly exit: number;
  readonly says: RegExp;
  readonly hint: RegExp;
}

t.test('vigo enroll', async (t) => {
  const fleet = await startFleet(t);

  async function refuses(t: Test, host: string, tokenFile: string, expected: Refused, server = fleet.url()) {
    const before = await listEnvoys(fleet);
    const enroll = await fleet.tryEnroll(host, tokenFile, server);
    t.equal(enroll.code, expected.exit, enroll.stderr);
    t.equal(enroll.stdout, '');
    const [error = '', hint = '', ...more] = enroll.stderr.split('\n');
    t.match(error, /^error: /);
    t.match(error, expected.says);
    t.match(hint, /^hint: /);
    t.match(hint, expected.hint);
    t.same(more, ['']);
    t.same(
      filesIn(fleet.configDir(host)).filter((name) => !KEYS.includes(name)),
      [],
      'nothing was stored',
    );
    t.same(await listEnvoys(fleet), before);
  }
  const refused: Refused = {
    exit: 3,
    says: /the server refuses to enroll this machine/,
    hint: /`vigocli audit list --action enrollment\.refused`.*`vigocli envoys token`/,
  };
  const lastReason = async () => (await fleet.audit('enrollment.refused')).at(-1);

  await t.test('a token of another server', async (t) => {
    const foreign = generateCa({ commonName: 'another CA', days: 1, clock: systemClock });
    const tokenFile = join(fleet.root, 'foreign.token');
    writeFileSync(tokenFile, makeToken(certificateHash(foreign.certificatePem)).text, { mode: 0o600 });
    await refuses(t, 'web-1', tokenFile, {
      exit: 3,
      says: /another CA than the token was made for/,
      hint: /check the server's address/,
    });
  });

  await t.test('a token that nobody made', async (t) => {
    const tokenFile = join(fleet.root, 'made-up.token');
    const ca = readFileSync(join(fleet.home, 'tls', 'ca'), 'utf8');
    writeFileSync(tokenFile, makeToken(certificateHash(ca)).text, { mode: 0o600 });
    await refuses(t, 'web-1', tokenFile, refused);
    t.match(await lastReason(), { actor: 'unknown', detail: { reason: 'unknown' } });
  });

  await t.test('a token that expired', async (t) => {
    const tokenFile = await fleet.makeToken('web-1', '--ttl', '1m');
    fleet.inDatabase((db) => db.exec('UPDATE tokens SET expires_at = created_at'));
    await refuses(t, 'web-1', tokenFile, refused);
    t.match(await lastReason(), { subject: 'web-1', detail: { reason: 'expired' } });
  });

  await t.test('a host name that the token is not for', async (t) => {
    const tokenFile = await fleet.makeToken('db-*');
    await refuses(t, 'web-1', tokenFile, refused);
    t.match(await lastReason(), { subject: 'web-1', detail: { reason: 'host_mismatch' } });
    t.equal((await fleet.tryEnroll('db-1', tokenFile)).code, 0, 'and it is not used up by that');
  });

  await t.test('a token that another machine used', async (t) => {
    const tokenFile = await fleet.makeToken('web-*');
    t.equal((await fleet.tryEnroll('web-0', tokenFile)).code, 0);
    await refuses(t, 'web-1', tokenFile, refused);
    t.match(await lastReason(), {
      subject: 'web-1',
      detail: { reason: 'used', used_at: Number, used_from: '127.0.0.1', used_by: UUID },
    });
  });

  await t.test('a host name that an envoy has', async (t) => {
    const tokenFile = await fleet.makeToken('web-*');
    const elsewhere = ['--config-dir', join(fleet.root, 'clone', 'config'), '--state-dir', join(fleet.root, 'clone')];
    const args = fleet.enrollArgs('web-0', tokenFile);
    t.equal((await fleet.run('vigo', ['enroll', ...elsewhere, ...args])).code, 3);
    t.match(await lastReason(), { subject: 'web-0', detail: { reason: 'host_taken' } });
  });

  await t.test('a machine that is enrolled already', async (t) => {
    const before = filesIn(fleet.configDir('web-0'));
    const enroll = await fleet.tryEnroll('web-0', await fleet.makeToken('web-0'));
    t.equal(enroll.code, 1);
    t.match(enroll.stderr, /^error: this machine is already enrolled as [0-9a-f-]{36}\nhint: .*remove .*web-0\/config/);
    t.same(filesIn(fleet.configDir('web-0')), before);
  });

  await t.test("a rogue chain with the true CA's certificate appended", async (t) => {
    const tokenFile = await fleet.makeToken('web-1');
    const trueCa = readFileSync(join(fleet.home, 'tls', 'ca'), 'utf8');
    const ca = generateCa({ commonName: 'Vigo CA', days: 1, clock: systemClock });
    const { certificatePem, key } = issueServerCertificate({ ca, names: [], days: 1, clock: systemClock });
    const asked: string[] = [];
    const rogue = createServer(
      { cert: certificatePem + ca.certificatePem + trueCa, key: pemOf(key) },
      (incoming, outgoing) => {
        asked.push(`${incoming.method} ${incoming.url}`);
        outgoing.end(trueCa);
      },
    );
    const url = await listen(t, rogue);
    await refuses(
      t,
      'web-1',
      tokenFile,
      { exit: 3, says: /isn't signed by the CA that this machine trusts/, hint: /somebody may stand in between/ },
      url,
    );
    t.same(asked, [`GET ${CA_PATH}`], 'it was never sent the token');
    t.equal((await fleet.tryEnroll('web-1', tokenFile)).code, 0, 'which is as good as before');
  });

  await t.test('an agent that is killed before it has the answer', async (t) => {
    const tokenFile = await fleet.makeToken('lost-1');
    const answered = new EventEmitter();
    const url = await passOn(t, fleet, ENROLL_PATH, () => answered.emit('answer'));
    const args = [...fleet.agentArgs('lost-1'), ...fleet.enrollArgs('lost-1', tokenFile, url)];
    const agent = fleet.reside('vigo', ['enroll', ...args]);
    await once(answered, 'answer', { signal: AbortSignal.timeout(PATIENCE_MS) });
    await agent.end('SIGKILL');
    t.same(filesIn(fleet.configDir('lost-1')), KEYS, 'it knows of nothing');
    const [first] = (await listEnvoys(fleet)).filter(({ host_name }) => host_name === 'lost-1');
    t.ok(first, 'but the server enrolled it');

    const again = await fleet.tryEnroll('lost-1', tokenFile);
    t.equal(again.code, 0, again.stderr);
    t.match(again.stderr, `envoy ${first?.id}`, 'the second try gives the same envoy');
    t.same(
      (await listEnvoys(fleet)).filter(({ host_name }) => host_name === 'lost-1'),
      [first],
    );
    const entries = (await fleet.audit('envoy.enrolled')).filter(({ subject }) => subject === first?.id);
    t.match(entries, [{ detail: { repeated: false } }, { detail: { repeated: true } }]);
  });

  await t.test('several machines that race for one token', async (t) => {
    const tokenFile = await fleet.makeToken('race-*');
    const hosts = ['race-1', 'race-2', 'race-3'];
    const tries = await Promise.all(hosts.map(async (host) => ({ host, ...(await fleet.tryEnroll(host, tokenFile)) })));
    t.same(tries.map(({ code }) => code).sort(), [0, 3, 3], 'exactly one wins');
    const racers = (await listEnvoys(fleet)).filter(({ host_name }) => hosts.includes(host_name));
    const lost = (await fleet.audit('enrollment.refused')).slice(-2);
    const use = { used_at: Number, used_from: '127.0.0.1', used_by: racers[0]?.id };
    t.match(lost, [{ detail: { reason: 'used', ...use } }, { detail: { reason: 'used', ...use } }]);
    t.match(racers, [{ host_name: tries.find(({ code }) => code === 0)?.host }]);
    for (const { host, code } of tries) {
      t.equal(existsSync(join(fleet.configDir(host), 'identity.json')), code === 0, host);
    }
  });

  await t.test('no token stands anywhere but in the files that the test made', async (t) => {
    const token = readFileSync(await fleet.makeToken('web-9'), 'utf8').trim();
    const secret = Buffer.from(token.slice('vget_'.length), 'base64url').subarray(0, 32);
    t.equal((await fleet.tryEnroll('web-9', join(fleet.root, 'web-9.token'))).code, 0);
    rmSync(join(fleet.root, 'web-9.token'));
    for (const path of readdirSync(fleet.root, { recursive: true, withFileTypes: true })) {
      if (!path.isFile()) continue;
      const bytes = readFileSync(join(path.path, path.name));
      if (bytes.includes(secret) || bytes.includes(token)) t.fail(`the token stands in ${path.name}`);
    }
  });
});

async function listEnvoys(fleet: ThrowAwayFleet): Promise<{ id: string; host_name: string }[]> {
  const envoys: { id: string; host_name: string }[] = JSON.parse(
    (await fleet.vigocli('envoys', 'list', '--json')).stdout,
  );
  return envoys.map(({ id, host_name }) => ({ id, host_name }));
}

function filesIn(dir: string): string[] {
  return existsSync(dir) ? readdirSync(dir).sort() : [];
}

async function listen(t: Test, server: Server): Promise<string> {
  server.on('tlsClientError', () => {});
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `https://localhost:${(server.address() as AddressInfo).port}`;
}

/** Passes everything on to the server, but keeps its answer at one path for itself. */
function passOn(t: Test, fleet: ThrowAwayFleet, lostPath: string, onAnswer: () => void): Promise<string> {
  const read = (name: string) => readFileSync(join(fleet.home, 'tls', name), 'utf8');
  const onward = { ca: read('ca'), servername: 'localhost' };
  const proxy = createServer({ cert: read('cert'), key: read('key') }, (incoming, outgoing) => {
    const { method, headers, url = '' } = incoming;
    const call = httpsRequest(new URL(url, fleet.url()), { ...onward, method, headers }, (answer) => {
      if (url === lostPath) answer.resume().once('end', onAnswer);
      else answer.pipe(outgoing);
    });
    incoming.pipe(call);
  });
  return listen(t, proxy);
}
