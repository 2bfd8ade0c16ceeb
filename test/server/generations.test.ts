import t, { type Test } from 'tap';
import { loadAuditChain } from '../../lib/audit/index.js';
import { loadGenerationSeal } from '../../lib/identity/index.js';
import type { Peer } from '../../lib/rpc/index.js';
import type { Refusal } from '../../lib/server/abuse/refusal-log.js';
import { Fleet } from '../../lib/server/agents/fleet.js';
import { Generations, type GenerationsContext } from '../../lib/server/agents/generations.js';
import { openStore, type Store } from '../../lib/store/index.js';
import { Rejection } from '../../lib/wire/index.js';
import { enroll } from '../store/kit.js';
import { ManualClock } from './kit.js';

const HOUR_MS = 3_600_000;
const key = new Uint8Array(32).fill(9);

/** A machine that is an envoy, or a copy of one: the generation on its disk and its connection. */
class Machine {
  readonly #server: () => Server;
  stored: Uint8Array | undefined;
  #peer: Peer;

  constructor(server: () => Server, address: string, stored?: Uint8Array) {
    this.#server = server;
    this.stored = stored;
    this.#peer = { envoyId: server().id, trustDomain: 'x', remoteAddress: address, notAfterMs: 0 };
  }

  reconnect(): void {
    this.#peer = { ...this.#peer };
  }

  /** Its disk as it is, on another machine. */
  copyTo(address: string): Machine {
    return new Machine(this.#server, address, this.stored);
  }

  #request(isLate: boolean) {
    const { fleet, id } = this.#server();
    const envoy = fleet.get(id);
    if (envoy === undefined) throw new Error('unknown');
    return { envoy, peer: this.#peer, isLate };
  }

  /** @returns whether it was handed a generation */
  async checkIn({ isStored = true, isLate = false } = {}): Promise<boolean> {
    const next = await this.#server().generations.checkIn(this.#request(isLate), this.stored);
    if (next !== undefined && isStored) this.stored = next;
    return next !== undefined;
  }

  /** @returns why it got none */
  async resolve({ isLate = false } = {}): Promise<string | undefined> {
    try {
      await this.#server().generations.demandUnforked(this.#request(isLate), this.stored);
      return undefined;
    } catch (error) {
      if (error instanceof Rejection) return error.code;
      throw error;
    }
  }
}

interface Server {
  readonly id: Awaited<ReturnType<typeof enroll>>;
  readonly fleet: Fleet;
  readonly generations: Generations;
}

async function setUp(t: Test, onFork: GenerationsContext['settings']['onFork'] = 'quarantine') {
  const clock = new ManualClock();
  const store = await openStore({ path: `${t.testdir()}/db/vigo.db`, chain: await loadAuditChain(), clock });
  t.teardown(() => store.close());
  const id = await enroll(store, 1, 'web-1');
  const seal = await loadGenerationSeal(key);
  const refusals: Refusal[] = [];
  const wakes: string[] = [];
  const start = async (): Promise<Server> => {
    const envoys = await store.listEnvoys();
    const fleet = new Fleet(envoys, clock);
    const note = (refusal: Refusal) => void refusals.push(refusal);
    return {
      id,
      fleet,
      generations: new Generations(envoys, {
        seal,
        settings: { onFork },
        ...{ fleet, store, refusals: { note }, wakeUps: { wake: (woken) => void wakes.push(woken) }, clock },
      }),
    };
  };
  let server = await start();
  const kit = {
    clock,
    store,
    id,
    refusals,
    wakes,
    server: () => server,
    /** What the server does every minute. */
    write: () => store.touchEnvoys(server.fleet.takeSightings()),
    /** Another process over the same database. */
    async restart() {
      server = await start();
    },
    machine: (address = '192.0.2.1') => new Machine(() => server, address),
    actions: () => actionsOf(store),
  };
  return kit;
}

async function actionsOf(store: Store): Promise<string[]> {
  const entries = await store.listAudit({ limit: 100 });
  return entries
    .map(({ bytes }) => JSON.parse(Buffer.from(bytes).toString('utf8')).action as string)
    .filter((action) => /forked|cloned/.test(action));
}

t.test('one per connection and hour, and nothing in between', async (t) => {
  const { clock, machine, server, id } = await setUp(t);
  const web = machine();
  t.equal(await web.checkIn(), true);
  const first = web.stored;
  t.equal(await web.checkIn(), false);
  t.same(server().fleet.takeSightings(), [
    { id, lastSeenAtMs: clock.ms, generation: { issued: clock.ms, quoted: clock.ms } },
  ]);
  clock.ms += HOUR_MS - 1;
  t.equal(await web.checkIn(), false);
  t.same(server().fleet.takeSightings(), [], 'nothing to be written');
  clock.ms += 1;
  t.equal(await web.checkIn(), true, 'after an hour');
  t.equal(await web.checkIn(), false);
  web.reconnect();
  t.equal(await web.checkIn(), true, 'over another connection');
  t.notSame(web.stored, first);
  t.equal(await web.resolve(), undefined);
});

t.test('secrets are for who quotes the newest one over this connection', async (t) => {
  const { machine } = await setUp(t);
  const web = machine();
  t.equal(await web.resolve(), 'stale_bundle', 'never checked in');
  await web.checkIn();
  t.equal(await web.resolve(), undefined);
  web.reconnect();
  t.equal(await web.resolve(), 'stale_bundle', 'not over this connection');
  await web.checkIn({ isStored: false });
  t.equal(await web.resolve(), 'stale_bundle', 'a newer one is under way');
  await web.checkIn();
  t.equal(await web.resolve(), undefined);
});

t.test('a lost answer, a crash before it was stored: no fork', async (t) => {
  const { machine, actions, clock } = await setUp(t);
  const web = machine();
  t.ok(await web.checkIn({ isStored: false }), 'the very first one is lost');
  t.ok(await web.checkIn());
  await web.checkIn();
  for (let lost = 0; lost < 3; lost++) {
    clock.ms += HOUR_MS;
    web.reconnect();
    t.ok(await web.checkIn({ isStored: false }));
  }
  t.ok(await web.checkIn());
  t.equal(await web.resolve(), undefined);
  t.same(await actions(), []);
});

t.test('a request that was held up on its way is not judged, and gives no secret', async (t) => {
  const { machine, actions } = await setUp(t);
  const web = machine();
  await web.checkIn();
  const before = web.copyTo('192.0.2.1');
  web.reconnect();
  await web.checkIn();
  await web.checkIn();
  t.equal(await before.checkIn({ isLate: true }), false);
  t.equal(await before.resolve({ isLate: true }), 'stale_bundle');
  t.same(await actions(), []);
  t.equal(await web.resolve(), undefined);
});

t.test('a clone: whoever comes second is noticed, both get no secrets, and both are seen', async (t) => {
  const { machine, actions, store, id, refusals, clock } = await setUp(t);
  const web = machine('192.0.2.1');
  await web.checkIn();
  await web.checkIn();
  const copy = web.copyTo('192.0.2.66');
  t.ok(await copy.checkIn());
  t.equal(await copy.resolve(), undefined, 'it got what the envoy may have');
  clock.ms += 1000;
  t.equal(await web.checkIn(), false, 'answered');
  t.equal(await web.resolve(), 'clone');
  t.same(await actions(), ['envoy.forked']);
  t.match(await store.getEnvoy(id), { status: 'quarantined', fork: { remoteAddress: '192.0.2.1', other: undefined } });
  t.equal(await copy.resolve(), 'clone', 'from that moment on');
  t.same(await actions(), ['envoy.forked', 'envoy.cloned'], 'and now it is certain');
  t.match(await store.getEnvoy(id), {
    fork: { remoteAddress: '192.0.2.1', other: { remoteAddress: '192.0.2.66' } },
  });
  for (const each of [web, copy, web, copy]) t.equal(await each.checkIn(), false);
  t.equal((await actions()).length, 2, 'said once');
  t.match(refusals, [{ reason: 'clone', subject: id, method: 'ResolveSecrets', address: '192.0.2.1' }, {}]);
});

t.test('a clone is told at once that it is one, and so is the other machine', async (t) => {
  const { machine, server, wakes, id } = await setUp(t);
  const web = machine();
  await web.checkIn();
  await web.checkIn();
  t.equal(server().generations.standingOf(id), 'active');
  const copy = web.copyTo('198.51.100.7');
  await copy.checkIn();
  await web.checkIn();
  await copy.checkIn();
  t.equal(server().generations.standingOf(id), 'cloned');
  t.same(wakes, [id], 'once');
});

t.test('two that check in by turns are noticed, whatever the order', async (t) => {
  for (const turns of ['wcwcwc', 'wccwww', 'cwwwc', 'cwcw', 'wwcwcc']) {
    const { machine, actions } = await setUp(t);
    const web = machine();
    await web.checkIn();
    await web.checkIn();
    const copy = web.copyTo('192.0.2.66');
    for (const who of turns) await (who === 'w' ? web : copy).checkIn();
    t.equal((await actions())[0], 'envoy.forked', turns);
  }
});

t.test('who copied the keys alone quotes nothing, which is noticed as well', async (t) => {
  const { machine, actions } = await setUp(t);
  const web = machine();
  await web.checkIn();
  await web.checkIn();
  const thief = machine('192.0.2.66');
  t.equal(await thief.resolve(), 'clone');
  t.same(await actions(), ['envoy.forked']);
});

t.test('a machine that was put back: forked, no clone, and released it goes on', async (t) => {
  const { machine, actions, server, store, id } = await setUp(t);
  const web = machine();
  await web.checkIn();
  await web.checkIn();
  const snapshot = web.stored;
  web.reconnect();
  await web.checkIn();
  await web.checkIn();
  Object.assign(web, { stored: snapshot });
  web.reconnect();
  t.equal(await web.checkIn(), false);
  t.equal(await web.resolve(), 'clone');
  for (let i = 0; i < 3; i++) await web.checkIn();
  t.same(await actions(), ['envoy.forked'], 'the newer state is gone');
  const entry = { action: 'envoy.released', actor: 'x', subject: id, outcome: 'done' } as const;
  t.same(await store.releaseEnvoy(id, entry), { changed: true });
  server().generations.release(id);
  server().fleet.release(id);
  t.ok(await web.checkIn());
  t.equal(await web.resolve(), undefined);
  await web.checkIn();
  t.same(await actions(), ['envoy.forked']);
});

t.test('released while two still run, it is noticed again', async (t) => {
  const { machine, actions, server, store, id } = await setUp(t);
  const web = machine();
  await web.checkIn();
  const copy = web.copyTo('192.0.2.66');
  for (const each of [web, copy, web, copy]) await each.checkIn();
  const entry = { action: 'envoy.released', actor: 'x', subject: id, outcome: 'done' } as const;
  await store.releaseEnvoy(id, entry);
  server().generations.release(id);
  server().fleet.release(id);
  for (const each of [web, copy, web, copy]) await each.checkIn();
  t.equal((await actions()).filter((action) => action === 'envoy.forked').length, 2);
  t.equal(server().fleet.get(id)?.status, 'quarantined');
});

t.test('a crash of the server forgets nothing that would matter', async (t) => {
  const { machine, actions, restart, write, clock } = await setUp(t);
  const web = machine();
  await web.checkIn();
  await web.checkIn();
  await write();
  const copy = web.copyTo('192.0.2.66');
  clock.ms += HOUR_MS;
  await web.checkIn();
  await web.checkIn();
  await restart();
  web.reconnect();
  clock.ms += 1000;
  t.ok(await web.checkIn(), 'a generation that the database does not know heals it');
  t.equal(await web.resolve(), undefined);
  t.same(await actions(), []);
  await copy.checkIn();
  t.same(await actions(), ['envoy.forked'], 'and the older one is still over');
});

t.test('over a database that was put back, two that are one envoy are told from each other all the same', async (t) => {
  for (const turns of ['wc', 'cw']) {
    const { machine, actions, restart, write, clock } = await setUp(t);
    const web = machine();
    await web.checkIn();
    await web.checkIn();
    await write();
    clock.ms += HOUR_MS;
    await web.checkIn();
    const copy = web.copyTo('192.0.2.66');
    clock.ms += 1000;
    await copy.checkIn();
    await restart();
    clock.ms += 1000;
    const [first, second] = turns === 'wc' ? [web, copy] : [copy, web];
    await first.checkIn();
    t.same(await actions(), [], `${turns}: both are ahead of what the database knows, and the first is believed`);
    await second.checkIn();
    t.same(await actions(), ['envoy.forked'], turns);
  }
});

t.test('a fork and a quarantine outlast a restart', async (t) => {
  const { machine, restart, actions } = await setUp(t);
  const web = machine();
  await web.checkIn();
  const copy = web.copyTo('192.0.2.66');
  for (const each of [web, copy, web, copy]) await each.checkIn();
  await restart();
  for (const each of [web, copy]) {
    each.reconnect();
    t.equal(await each.checkIn(), false);
    t.equal(await each.resolve(), 'clone');
  }
  t.same(await actions(), ['envoy.forked', 'envoy.cloned']);
});

t.test('on_fork: audit says it and goes on', async (t) => {
  const { machine, actions, server, id, store } = await setUp(t, 'audit');
  const web = machine();
  await web.checkIn();
  const copy = web.copyTo('192.0.2.66');
  for (const each of [web, copy, web, copy, web, copy]) await each.checkIn();
  t.same(await actions(), ['envoy.forked', 'envoy.cloned']);
  t.equal(server().fleet.get(id)?.status, 'active');
  for (const each of [web, copy]) t.equal(await each.resolve(), undefined);
  t.match(await store.getEnvoy(id), { status: 'active', fork: { other: {} } });
});

t.test('an operator puts an envoy aside', async (t) => {
  const { machine, server, id, refusals } = await setUp(t);
  const web = machine();
  await web.checkIn();
  server().fleet.quarantine(id);
  t.equal(await web.resolve(), 'quarantine');
  web.reconnect();
  t.ok(await web.checkIn(), 'it is followed on');
  t.match(refusals, [{ reason: 'quarantine' }]);
  server().generations.release(id);
  server().fleet.release(id);
  await web.checkIn();
  t.equal(await web.resolve(), undefined);
});

t.test('where the fork can not be written the call fails, and the secrets are withheld all the same', async (t) => {
  const { machine, store } = await setUp(t);
  const web = machine();
  await web.checkIn();
  const copy = web.copyTo('192.0.2.66');
  await copy.checkIn();
  await copy.checkIn();
  await store.close();
  await t.rejects(web.checkIn(), { name: 'StoreError' });
  t.equal(await web.resolve(), 'clone');
});
