import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ageCertificate } from './aged-certificate.js';
import { startShop } from './start-fleet.js';

const DAY_MS = 86_400_000;

const isLapsed = ({ detail }: Record<string, unknown>) => (detail as { reason?: string }).reason === 'lapsed';

t.test("a certificate's life", async (t) => {
  const { fleet, whenIs } = await startShop(t);
  const file = (host: string, name: string) => readFileSync(join(fleet.configDir(host), name), 'utf8');
  const envoyId = (host: string) => JSON.parse(file(host, 'identity.json')).envoy_id;
  const leftDays = (host: string) => {
    const pem = file(host, 'tls.pem');
    const certificate = new X509Certificate(pem);
    t.ok(certificate.checkPrivateKey(createPrivateKey(pem)), 'certificate and key belong together');
    return (Date.parse(certificate.validTo) - Date.now()) / DAY_MS;
  };
  const last = async (action: string) => (await fleet.audit(action)).at(-1);

  await t.test('a young one stays as it is', async (t) => {
    await fleet.enroll('web-1');
    const before = file('web-1', 'tls.pem');
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
    t.equal(file('web-1', 'tls.pem'), before);
    t.same(await fleet.audit('envoy.renewed'), []);
  });

  await t.test('after two thirds it is renewed, and the identity stays', async (t) => {
    ageCertificate(fleet, 'web-1', 22);
    const [seed, identity, before] = ['ed25519.seed', 'identity.json', 'tls.pem'].map((name) => file('web-1', name));
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.equal(run.code, 0, run.stderr);
    t.match(run.stderr, /info renewed the certificate: it is good until /);
    t.ok(leftDays('web-1') > 29.9);
    t.same([file('web-1', 'ed25519.seed'), file('web-1', 'identity.json')], [seed, identity]);
    t.not(file('web-1', 'tls.pem').slice(-200), before?.slice(-200), 'the key is another one');
    t.match(await last('envoy.renewed'), {
      actor: `envoy:${envoyId('web-1')}`,
      subject: envoyId('web-1'),
      detail: { recovered: false, remote_address: '127.0.0.1' },
    });
  });

  await t.test('after its end as well, by the Ed25519 key alone', async (t) => {
    ageCertificate(fleet, 'web-1', 30 + 89);
    t.ok(leftDays('web-1') < 0);
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.equal(run.code, 0, run.stderr);
    t.ok(leftDays('web-1') > 29.9);
    t.match(await last('envoy.renewed'), { subject: envoyId('web-1'), detail: { recovered: true } });
  });

  await t.test('an agent that runs goes on under the next one, its wake-ups as well', async (t) => {
    ageCertificate(fleet, 'web-1', 22);
    const agent = fleet.startAgent('web-1');
    await agent.says(/info renewed the certificate/);
    await agent.says(/info run ended/);
    await fleet.setSecret('shop/password', 'second');
    await whenIs('second');
    t.equal(await agent.end(), 0, agent.said);
  });

  await t.test('with the server away, a good one is used on, and one that ended waits', async (t) => {
    await fleet.server.end();
    ageCertificate(fleet, 'web-1', 22);
    const before = file('web-1', 'tls.pem');
    t.match((await fleet.vigo('web-1', 'run', '--once')).stderr, /warn the certificate isn't renewed yet: can't reach/);
    ageCertificate(fleet, 'web-1', 31);
    t.match((await fleet.vigo('web-1', 'run', '--once')).stderr, /this is the policy that was accepted before/);
    t.not(file('web-1', 'tls.pem'), before);
    await fleet.startServer();
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
    t.ok(leftDays('web-1') > 29.9);
  });

  await t.test('beyond the window it says what to do, and nothing is thrown away', async (t) => {
    ageCertificate(fleet, 'web-1', 30 + 91);
    const [id, before, seed] = [envoyId('web-1'), file('web-1', 'tls.pem'), file('web-1', 'ed25519.seed')];
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.equal(run.code, 1);
    t.match(run.stderr, /the check-in failed: the certificate ended at .*, more than 90d ago \(.*vigo enroll --again/);
    t.match((await fleet.audit('request.rejected')).find(isLapsed), {
      subject: id,
      outcome: 'denied',
      detail: { reason: 'lapsed' },
    });
    t.same([file('web-1', 'tls.pem'), file('web-1', 'ed25519.seed')], [before, seed]);

    const tokenFile = await fleet.makeToken('web-1');
    const again = await fleet.vigo('web-1', 'enroll', '--again', '--server', fleet.url(), '--token-file', tokenFile);
    t.equal(again.code, 0, again.stderr);
    t.equal(envoyId('web-1'), id, 'the same envoy');
    t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
  });

  await t.test('an agent that runs is not enrolled under its feet', async (t) => {
    const agent = fleet.startAgent('web-1');
    await agent.says(/info run ended/);
    const tokenFile = await fleet.makeToken('web-1');
    const again = await fleet.vigo('web-1', 'enroll', '--again', '--server', fleet.url(), '--token-file', tokenFile);
    t.match(again.stderr, /^error: .*run.lock is locked by process/);
    t.equal(await agent.end(), 0, agent.said);
  });

  await t.test('a machine that was never enrolled does not come back', async (t) => {
    const tokenFile = await fleet.makeToken('web-2');
    const again = await fleet.vigo('web-2', 'enroll', '--again', '--server', fleet.url(), '--token-file', tokenFile);
    t.match(again, { code: 1, stderr: /^error: this machine is not enrolled: .*\nhint: leave out --again/ });
  });

  await t.test('a revoked envoy gets no other one', async (t) => {
    await fleet.vigocli('envoys', 'revoke', 'web-1');
    ageCertificate(fleet, 'web-1', 40);
    const before = file('web-1', 'tls.pem');
    const run = await fleet.vigo('web-1', 'run', '--once');
    t.match(run.stderr, /this envoy is revoked/);
    t.equal(file('web-1', 'tls.pem'), before);
    t.ok(existsSync(join(fleet.configDir('web-1'), 'identity.json')));
  });
});
