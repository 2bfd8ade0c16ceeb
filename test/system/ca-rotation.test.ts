import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect } from 'node:tls';
import t, { type Test } from 'tap';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { parseEnvoyId, splitPem, systemClock } from '../../lib/base/index.js';
import { issueEnvoyCertificate, issueServerCertificate, readPrivateKey } from '../../lib/pki/index.js';
import { pemOf } from '../pki/test-pki.js';
import { ageCertificate } from './aged-certificate.js';
import type { ThrowAwayFleet } from './fleet.js';
import { enroll } from './second-client/enroll.js';
import { SecondClient } from './second-client/envoy.js';
import { startShop } from './start-fleet.js';

const TAKEN = /"pki\.certificates_loaded"/;

/** A fleet whose envoys watch a secret, and what the tests look at. */
async function setUp(t: Test) {
  const { fleet, whenIs } = await startShop(t);
  const file = (host: string, name: string) => readFileSync(join(fleet.configDir(host), name), 'utf8');
  /** Does something by which the running server takes other files. */
  const taking = async (pattern: RegExp, ...args: string[]) => {
    const from = fleet.server.said.length;
    const finished = await fleet.vigocli('pki', ...args);
    await fleet.server.says(pattern, from);
    return finished;
  };
  return {
    fleet,
    identity: (host: string) => JSON.parse(file(host, 'identity.json')),
    /** The CA that signs now. */
    present: () => new X509Certificate(readFileSync(join(fleet.home, 'tls', 'ca'))),
    /** The CAs that a machine trusts. */
    trusted: (host: string) => splitPem(file(host, 'ca.crt')).map((pem) => new X509Certificate(pem).fingerprint256),
    isSignedBy: (host: string, ca: X509Certificate) => new X509Certificate(file(host, 'tls.pem')).verify(ca.publicKey),
    rotateCa: (...flags: string[]) => taking(TAKEN, 'rotate-ca', ...flags),
    rotateKeys: () => taking(/"pki\.keys_loaded"/, 'rotate-keys'),
    runOnce: (host: string) => fleet.vigo(host, 'run', '--once'),
    follows: async (value: string) => {
      await fleet.setSecret('shop/password', value);
      await whenIs(value);
    },
  };
}

/** What somebody kept of the CA before. */
function keepCa({ home }: ThrowAwayFleet) {
  const read = (name: string) => readFileSync(join(home, 'tls', name));
  const certificatePem = read('ca').toString();
  return { certificatePem, key: readPrivateKey(read('ca_key')), certificate: new X509Certificate(certificatePem) };
}

/** Whether the gRPC port takes a client certificate: then HTTP/2's first frame comes. */
async function isServed(fleet: ThrowAwayFleet, cert: string, key: string): Promise<boolean> {
  const [host = '', port] = fleet.grpcAddress.split(':');
  const socket = connect({
    ...{ host, port: Number(port), servername: host, ALPNProtocols: ['h2'], rejectUnauthorized: false, cert, key },
  });
  try {
    return await Promise.race([
      once(socket, 'data').then(() => true),
      once(socket, 'close').then(() => false),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
  } finally {
    socket.destroy();
  }
}

t.test('the CA is replaced: machines follow, and the CA before is given up', async (t) => {
  const { fleet, identity, present, trusted, isSignedBy, rotateCa, runOnce, follows } = await setUp(t);
  for (const host of ['web-1', 'web-2']) {
    await fleet.enroll(host);
    t.equal((await runOnce(host)).code, 0);
  }
  const first = keepCa(fleet);
  const agent = fleet.startAgent('web-1');
  await agent.says(/info run ended/);

  await t.test('an agent that runs hears of it over its open connection, and goes on', async (t) => {
    await fleet.makeToken('web-9');
    const { stderr } = await rotateCa();
    t.match(stderr, /1 unused enrollment token for the CA before: withdrawn/);
    t.not(present().fingerprint256, first.certificate.fingerprint256);
    await agent.says(/info followed the server's chain of trust to statement 1/);
    t.same(trusted('web-1'), [first.certificate.fingerprint256, present().fingerprint256], 'both count');
    await follows('second');
    t.match(await fleet.audit('pki.ca_rotated'), [{ outcome: 'intent' }, { outcome: 'done', detail: { number: 1 } }]);
    t.match(await fleet.audit('pki.certificates_loaded'), [{ detail: { trusted: [/^[0-9a-f]{64}$/, /./] } }]);
  });

  await t.test(
    'one that was away follows at its next contact, and has a certificate of the new CA at the one after',
    async (t) => {
      const run = await runOnce('web-2');
      t.equal(run.code, 0, run.stderr);
      t.match(run.stderr, /info followed the server's chain of trust to statement 1/);
      t.equal((await runOnce('web-2')).code, 0);
      t.ok(isSignedBy('web-2', present()));
      const { envoy } = JSON.parse((await fleet.vigocli('envoys', 'show', 'web-2', '--json')).stdout);
      t.equal(envoy.certificate_issuer, present().fingerprint256.replaceAll(':', '').toLowerCase());
    },
  );

  await t.test('who enrolls now begins with the new CA alone', async (t) => {
    await fleet.enroll('web-3');
    t.same(trusted('web-3'), [present().fingerprint256]);
    t.equal(identity('web-3').trust_number, 1);
    t.equal((await runOnce('web-3')).code, 0);
  });

  await t.test('the CA before is not given up while envoys need it', async (t) => {
    await agent.end();
    const refused = await fleet.run('vigocli', ['pki', 'rotate-ca', '--finish']);
    t.match(refused, { code: 1, stderr: /1 envoy holds a good certificate of another CA: web-1/ });
    t.equal((await runOnce('web-1')).code, 0);
    t.ok(isSignedBy('web-1', present()), 'a process that begins has it at once');
    await rotateCa('--finish');
    for (const host of ['web-1', 'web-2', 'web-3']) {
      const run = await runOnce(host);
      t.equal(run.code, 0, run.stderr);
      t.same(trusted(host), [present().fingerprint256]);
    }
    t.match(await fleet.run('vigocli', ['pki', 'rotate-ca', '--finish']), { code: 1, stderr: /count already/ });
  });

  await t.test('four CAs at most', async (t) => {
    for (let i = 0; i < 3; i++) await rotateCa();
    t.match(await fleet.run('vigocli', ['pki', 'rotate-ca']), { code: 1, stderr: /4 CAs count already/ });
    const run = await runOnce('web-1');
    t.equal(run.code, 0, run.stderr);
    t.equal(trusted('web-1').length, 4);
    t.equal((await runOnce('web-1')).code, 0);
    t.ok(isSignedBy('web-1', present()));
  });
});

t.test('a stolen CA key', async (t) => {
  const { fleet, identity, present, isSignedBy, rotateCa, runOnce, follows } = await setUp(t);
  for (const host of ['web-1', 'web-2']) {
    await fleet.enroll(host);
    t.equal((await runOnce(host)).code, 0);
  }
  const stolen = keepCa(fleet);
  const token = readFileSync(await fleet.makeToken('web-7'), 'utf8').trim();
  const open = new SecondClient(fleet.url(), await enroll(fleet.url(), token, 'web-7'));
  t.teardown(() => open.close());
  await open.checkIn();
  const ended = open.wakeUp(() => {}, new AbortController().signal).catch(() => {});
  const agent = fleet.startAgent('web-1');
  await agent.says(/info run ended/);
  const copied = splitTls(fleet, 'web-2');
  const before = join(fleet.root, 'trust-before');

  await t.test('its certificates are refused at once, and the true envoys come back by themselves', async (t) => {
    await rotateCa();
    cpSync(join(fleet.home, 'tls', 'trust'), before);
    t.ok(await isServed(fleet, copied.cert, copied.key), 'they count until then');
    const { stderr } = await rotateCa('--finish', '--force');
    t.match(stderr, /3 envoys hold another one/);
    await ended; // the wake-up stream
    await t.rejects(open.checkIn(), 'nor is the connection good for another call');
    await agent.says(/info renewed the certificate/);
    await follows('second');
    t.ok(isSignedBy('web-1', present()));
    const run = await runOnce('web-2');
    t.equal(run.code, 0, run.stderr);
    t.ok(isSignedBy('web-2', present()));
    t.equal(await agent.end(), 0, agent.said);
  });

  await t.test('a certificate that was copied, and one that is made now, open no connection', async (t) => {
    t.notOk(await isServed(fleet, copied.cert, copied.key));
    const made = generateTlsKey();
    const { envoy_id, trust_domain: trustDomain } = identity('web-2');
    const { certificatePem } = issueEnvoyCertificate({
      ...{ ca: stolen, envoyId: parseEnvoyId(envoy_id), trustDomain, publicKey: made.publicKey, clock: systemClock },
      ttlMs: 86_400_000,
    });
    t.notOk(await isServed(fleet, certificatePem, pemOf(made.privateKey)));
    const { cert, key } = splitTls(fleet, 'web-2');
    t.ok(await isServed(fleet, cert, key), 'a true one does');
  });

  await t.test('a chain that is put back is not taken', async (t) => {
    const trust = join(fleet.home, 'tls', 'trust');
    const newest = readFileSync(trust);
    const from = fleet.server.said.length;
    writeFileSync(trust, readFileSync(before));
    await fleet.server.says(/the chain of trust .* is shorter than it was.*certificate files/, from);
    t.notOk(await isServed(fleet, copied.cert, copied.key));
    writeFileSync(trust, newest);
    t.equal((await runOnce('web-2')).code, 0);
  });

  await t.test('a server of the former CA is believed by nobody', async (t) => {
    await fleet.server.end();
    for (const name of ['cert', 'key', 'ca', 'ca_key', 'trust']) {
      cpSync(join(fleet.home, 'tls', name), join(fleet.root, 'newest', name));
    }
    const server = issueServerCertificate({ ca: stolen, names: [], days: 5, clock: systemClock });
    const write = (name: string, bytes: string | Buffer) => writeFileSync(join(fleet.home, 'tls', name), bytes);
    write('ca', stolen.certificatePem);
    write('ca_key', pemOf(stolen.key));
    write('cert', server.certificatePem);
    write('key', pemOf(server.key));
    write('trust', readFileSync(before));
    await fleet.startServer();
    const identityBefore = identity('web-2');
    const run = await runOnce('web-2');
    t.not(run.code, 0);
    t.match(run.stderr, /warn the server's chain of trust ends before what/);
    t.same(identity('web-2'), identityBefore);
    await fleet.server.end();
    cpSync(join(fleet.root, 'newest'), join(fleet.home, 'tls'), { recursive: true, force: true });
    await fleet.startServer();
    t.equal((await runOnce('web-2')).code, 0);
  });
});

t.test('a machine that was away for weeks, over everything that can be replaced', async (t) => {
  const { fleet, identity, present, trusted, isSignedBy, rotateCa, rotateKeys, runOnce } = await setUp(t);
  await fleet.enroll('away');
  t.equal((await runOnce('away')).code, 0);
  const { envoy_id: envoyId } = identity('away');
  ageCertificate(fleet, 'away', 40);
  await rotateCa();
  await rotateCa('--finish');
  await rotateKeys();
  await rotateCa();
  await rotateKeys();
  const run = await runOnce('away');
  t.equal(run.code, 0, run.stderr);
  t.match(identity('away'), { envoy_id: envoyId, trust_number: 5 });
  t.equal(trusted('away').length, 2, 'a key that is replaced ends no roll-over');
  t.ok(isSignedBy('away', present()));
  await rotateCa('--finish');
  const next = await runOnce('away');
  t.equal(next.code, 0, next.stderr);
  t.match(identity('away'), { envoy_id: envoyId, trust_number: 6 });
});

function splitTls(fleet: ThrowAwayFleet, host: string): { cert: string; key: string } {
  const pem = readFileSync(join(fleet.configDir(host), 'tls.pem'), 'utf8');
  const end = pem.indexOf('-----BEGIN PRIVATE KEY-----');
  return { cert: pem.slice(0, end), key: pem.slice(end) };
}
