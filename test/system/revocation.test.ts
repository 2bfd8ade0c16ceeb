import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { type ClientHttp2Session, connect } from 'node:http2';
import { join } from 'node:path';
import t from 'tap';
import { type Attacker, askFor, ownEnvoy, plainCheckIn, refusalOf } from '../../demo/attacker.js';
import { parseKeyName } from '../../lib/base/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import { encodeSignedRequest } from '../../lib/wire/index.js';
import { whenChanged } from './file-events.js';
import type { ThrowAwayFleet } from './fleet.js';
import { PATIENCE_MS } from './resident.js';
import { startFleet } from './start-fleet.js';

// A dozen programs, one after the other.

t.test('what becomes of an envoy', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'target');
  mkdirSync(target);
  for (const crate of ['shop', 'db']) await fleet.setSecret(`${crate}/password`, `the ${crate}'s value`);
  const crate = (name: string) => `
configcrate: ${name}
resources:
  - { name: settings, type: file, path: ${target}/${name}.ini, content: "secret:${name}/password" }
`;
  await fleet.publish({
    'envoys.vgo': `
envoys:
  - { match: "web-*", configcrates: [shop] }
  - { match: "db-*", configcrates: [db] }
`,
    'shop.vgo': crate('shop'),
    'db.vgo': crate('db'),
  });
  const history = JSON.parse((await fleet.vigocli('config', 'history', '--json')).stdout);
  const policyVersion = history[0].policy_version;

  const checkIn = (by: Attacker) =>
    refusalOf(by.call('CheckIn', encodeSignedRequest(by.sign('CheckIn', plainCheckIn(by)))));
  const resolve = async (by: Attacker, key: string) => {
    const payload = await askFor(by, parseKeyName(key), policyVersion);
    return refusalOf(by.call('ResolveSecrets', encodeSignedRequest(by.sign('ResolveSecrets', payload))));
  };

  await t.test('renamed, it gets what its new name is entitled to', async (t) => {
    await fleet.enroll('web-1');
    const agent = fleet.startAgent('web-1');
    await whenChanged(target, "the first name's file", () => existsSync(join(target, 'shop.ini')));
    await fleet.vigocli('envoys', 'rename', 'web-1', 'db-1');
    await whenChanged(target, "the second name's file", () => existsSync(join(target, 'db.ini')));
    t.equal(readFileSync(join(target, 'db.ini'), 'utf8'), "the db's value");
    t.equal(await agent.end(), 0, agent.said);

    const envoy = await ownEnvoy(fleet.configDir('web-1'));
    t.equal(await resolve(envoy, 'shop/password'), 'entitlement', 'and no more what the old one was');
    t.equal(await resolve(envoy, 'db/password'), undefined);
    envoy.close();
    t.match(await fleet.audit('envoy.renamed'), [{ detail: { from: 'web-1', to: 'db-1' }, actor: 'local-admin' }]);
  });

  await t.test('revoked, it is refused from the next request on', async (t) => {
    await fleet.enroll('web-2');
    const envoy = await ownEnvoy(fleet.configDir('web-2'));
    t.teardown(() => envoy.close());
    const over = new AbortController();
    const hinted = new Promise<void>((resolve) => {
      const patience = AbortSignal.any([over.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const stream = envoy.wakeUp(encodeSignedRequest(envoy.sign('WakeUp', new Uint8Array())), resolve, patience);
      stream.then(() => over.abort());
    });
    await fleet.setSecret('shop/password', 'the next value');
    await hinted;
    t.notOk(over.signal.aborted, 'its wake-up stream is open');
    t.equal(await checkIn(envoy), undefined);
    t.equal(await resolve(envoy, 'shop/password'), undefined);

    const idle = await connection(fleet, 'web-2');
    const others = await connection(fleet, 'web-1');
    const ended = once(idle, 'close', { signal: AbortSignal.timeout(PATIENCE_MS) });
    await fleet.vigocli('envoys', 'revoke', 'web-2');
    await whenAborted(over.signal);
    t.pass('its wake-up stream has ended');
    await ended;
    t.pass('and so has a connection without any');
    t.notOk(others.closed, "but no other envoy's");
    others.destroy();
    t.equal(await overAnotherConnection(() => checkIn(envoy)), 'revoked', 'from the next request on');
    t.equal(await overAnotherConnection(() => resolve(envoy, 'shop/password')), 'revoked');
    const another = envoy.wakeUp(
      encodeSignedRequest(envoy.sign('WakeUp', new Uint8Array())),
      () => t.fail('a hint'),
      new AbortController().signal,
    );
    t.equal(await refusalOf(another), 'revoked', 'and there is no other one');
  });

  await t.test('revoked, its agent says so and keeps its identity', async (t) => {
    const run = await fleet.vigo('web-2', 'run', '--once');
    t.equal(run.code, 3);
    t.match(run.stderr, /^error: this envoy is revoked/);
    t.ok(existsSync(join(fleet.configDir('web-2'), 'identity.json')));
  });

  await t.test('revoked, it stays so over a restart', async (t) => {
    await fleet.server.end();
    await fleet.startServer();
    const envoy = await ownEnvoy(fleet.configDir('web-2'));
    t.equal(await checkIn(envoy), 'revoked');
    envoy.close();
  });

  await t.test('revoked, its key never enrolls again', async (t) => {
    // Whoever has the machine wants to begin anew, and keeps the keys.
    for (const file of ['identity.json', 'tls.pem', 'ca.crt']) rmSync(join(fleet.configDir('web-2'), file));
    const again = await fleet.tryEnroll('web-2', await fleet.makeToken('web-*'));
    t.equal(again.code, 3);
    t.match(again.stderr, /refuses to enroll this machine/);
    t.match((await fleet.audit('enrollment.refused')).at(-1), { subject: 'web-2', detail: { reason: 'key_revoked' } });
    t.notOk(existsSync(join(fleet.configDir('web-2'), 'identity.json')));

    rmSync(fleet.configDir('web-2'), { recursive: true });
    t.equal((await fleet.tryEnroll('web-2', join(fleet.root, 'web-any.token'))).code, 0, 'a new key does');
    const envoys = JSON.parse((await fleet.vigocli('envoys', 'list', '--json')).stdout);
    const named = envoys.filter(({ host_name }: { host_name: string }) => host_name === 'web-2');
    t.same(named.map(({ status }: { status: string }) => status).sort(), ['active', 'revoked']);
    t.not(named[0].id, named[1].id, 'as another envoy');
  });
});

/** A connection of an envoy over which nothing is asked. */
async function connection(fleet: ThrowAwayFleet, host: string): Promise<ClientHttp2Session> {
  const read = (file: string) => readFileSync(join(fleet.configDir(host), file), 'utf8');
  const session = connect(`https://${fleet.grpcAddress}`, {
    ca: read('ca.crt'),
    cert: read('tls.pem'),
    key: read('tls.pem'),
  });
  await once(session, 'remoteSettings');
  return session;
}

/** The connection ends with the revocation, perhaps under a call: the next one is over another. */
async function overAnotherConnection<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof RpcError)) throw error;
    return call();
  }
}

async function whenAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort', { signal: AbortSignal.timeout(PATIENCE_MS) });
}
