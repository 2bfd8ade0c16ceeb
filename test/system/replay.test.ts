import t from 'tap';
import { type Attacker, ownEnvoy, plainCheckIn, refusalOf } from '../../demo/attacker.js';
import { decodeSignedRequest, encodeSignedRequest } from '../../lib/wire/index.js';
import { intercept } from './interceptor.js';
import { startFleet } from './start-fleet.js';

const METHODS = ['CheckIn', 'ResolveSecrets', 'ReportRun'] as const;
const PARALLEL = 32;

t.test('what was recorded is good for nothing', async (t) => {
  const fleet = await startFleet(t);
  await fleet.setSecret('shop/password', 'worth stealing');
  await fleet.publish({
    'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop] }\n',
    'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${fleet.root}/shop.ini, content: "secret:shop/password" }
`,
  });
  await fleet.enroll('web-1');
  await fleet.enroll('web-2');
  // A real run of the real agent, recorded by somebody for whom TLS is no obstacle.
  const between = await intercept(t, fleet, 'web-1');
  t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
  const recorded = between.seen.map(({ method, request }) => ({ method, request }));
  t.same(
    recorded.map(({ method }) => method),
    METHODS,
    'each method was recorded once',
  );
  const own = await ownEnvoy(fleet.configDir('web-1'), fleet.grpcAddress);
  const other = await ownEnvoy(fleet.configDir('web-2'), fleet.grpcAddress);
  t.teardown(() => {
    own.close();
    other.close();
  });

  /** The reason for which each recorded request is refused. */
  const sendAll = (by: Attacker) =>
    Promise.all(recorded.map(({ method, request }) => refusalOf(by.call(method, request))));

  t.same(await sendAll(own), ['replay', 'replay', 'replay'], 'sent again at once');
  t.same(await sendAll(other), ['certificate', 'certificate', 'certificate'], 'over the connection of another envoy');
  for (const { method, request } of recorded) {
    for (const another of METHODS.filter((name) => name !== method)) {
      t.equal(await refusalOf(own.call(another, request)), 'forged', `${method} as ${another}`);
    }
  }

  const unary = signCheckIn(own);
  const asStream = own.wakeUp(unary, () => t.fail('a hint'), new AbortController().signal);
  t.equal(await refusalOf(asStream), 'forged', 'CheckIn as WakeUp');
  t.equal(await refusalOf(own.call('CheckIn', unary)), undefined, 'as itself it is taken');

  await t.test('a request that was altered anywhere', async (t) => {
    // Never sent as it is, until the end: it is not refused for having been used.
    const request = signCheckIn(own);
    const reasons = new Set<string | undefined>();
    const bits = Array.from({ length: request.length * 8 }, (_, bit) => bit);
    const worker = async () => {
      for (let bit = bits.pop(); bit !== undefined; bit = bits.pop()) {
        const altered = Uint8Array.from(request);
        altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const reason = await refusalOf(own.call('CheckIn', altered));
        if (reason === undefined) t.fail(`taken with bit ${bit} flipped`);
        reasons.add(reason);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, worker));
    t.same([...reasons].sort(), ['certificate', 'forged', 'instance', 'malformed'], 'every single bit is refused');

    for (const length of [0, 1, request.length - 1]) {
      t.equal(await refusalOf(own.call('CheckIn', request.subarray(0, length))), 'malformed', `cut after ${length}`);
    }
    t.equal(await refusalOf(own.call('CheckIn', Uint8Array.of(...request, 0))), 'malformed', 'with a byte more');
    t.equal(await refusalOf(own.call('CheckIn', request)), undefined, 'as it was signed it is taken');
    t.equal(await refusalOf(own.call('CheckIn', request)), 'replay', 'once');
  });

  await t.test('a request that no server has seen yet', async (t) => {
    const unused = signCheckIn(own);
    const twin = await fleet.startTwin();
    const there = await ownEnvoy(fleet.configDir('web-1'), twin.grpcAddress);
    t.equal(await refusalOf(there.call('CheckIn', unused)), 'instance', 'at a second server of the fleet');
    t.equal(await refusalOf(there.call('CheckIn', forInstance(unused, there.instance))), 'forged', 'readdressed to it');
    t.equal(await refusalOf(there.call('CheckIn', signCheckIn(there))), undefined, 'which does serve this envoy');
    there.close();
    await twin.server.end();

    await fleet.server.end();
    await fleet.startServer();
    const again = await ownEnvoy(fleet.configDir('web-1'), fleet.grpcAddress);
    t.same(await sendAll(again), ['instance', 'instance', 'instance'], 'those that were used, after a restart');
    t.equal(await refusalOf(again.call('CheckIn', unused)), 'instance', 'after a restart');
    t.equal(await refusalOf(again.call('CheckIn', forInstance(unused, again.instance))), 'forged', 'readdressed');
    t.equal(await refusalOf(again.call('CheckIn', signCheckIn(again))), undefined, 'the envoy itself is served');
    again.close();
  });

  await t.test('the log has who tried what', async (t) => {
    const entries = await fleet.audit('request.rejected');
    for (const [who, reason] of [
      [own, 'replay'],
      [own, 'forged'],
      [own, 'malformed'],
      [other, 'certificate'],
    ] as const) {
      const entry = entries.find(({ subject, detail }) => subject === who.envoyId && reasonIn(detail) === reason);
      t.match(entry, { actor: '127.0.0.1', outcome: 'denied' }, reason);
    }
  });
});

function signCheckIn(by: Attacker): Uint8Array {
  return encodeSignedRequest(by.sign('CheckIn', plainCheckIn(by)));
}

/** The same request, readdressed to another server process. */
function forInstance(request: Uint8Array, instance: Uint8Array): Uint8Array {
  return encodeSignedRequest({ ...decodeSignedRequest('CheckIn', request), instance });
}

function reasonIn(detail: unknown): unknown {
  return (detail as { reason?: unknown }).reason;
}
