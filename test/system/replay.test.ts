import { join } from 'node:path';
import t from 'tap';
import { type Attacker, ownEnvoy, plainCheckIn, refusalOf } from '../../demo/attacker.js';
import { generateTlsKey, prove } from '../../lib/agent/identity/tls-key.js';
import { toBase64Url } from '../../lib/base/index.js';
import { RpcError } from '../../lib/rpc/index.js';
import {
  decodeSignedRequest,
  encodeRenewal,
  encodeSignedRequest,
  maxRequestBytes,
  RENEW_PATH,
  type RequestMethod,
  renewalProofBytes,
} from '../../lib/wire/index.js';
import type { ThrowAwayFleet } from './fleet.js';
import { intercept } from './interceptor.js';
import { exchange } from './second-client/enroll.js';
import { startFleet } from './start-fleet.js';

const CALLS = ['CheckIn', 'ResolveSecrets', 'ReportRun'] as const;
const METHODS = [...CALLS, 'WakeUp', 'RenewCertificate'] as const;
const PARALLEL = 32;

// Four servers, one after the other, and every bit of a request.

interface Recorded {
  readonly method: RequestMethod;
  readonly request: Uint8Array;
}

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
  const earlier = join(fleet.root, 'earlier.db');
  await fleet.copyDatabase(earlier);
  // A real run of the real agent, recorded by somebody for whom TLS is no obstacle.
  const between = await intercept(t, fleet, 'web-1');
  t.equal((await fleet.vigo('web-1', 'run', '--once')).code, 0);
  const recorded: Recorded[] = between.seen.map(({ method, request }) => ({ method, request }));
  const own = await ownEnvoy(fleet.configDir('web-1'), fleet.grpcAddress);
  const other = await ownEnvoy(fleet.configDir('web-2'), fleet.grpcAddress);
  t.teardown(() => {
    own.close();
    other.close();
  });
  recorded.push(await usedWakeUp(fleet, own), { method: 'RenewCertificate', request: signRenewal(own) });
  t.equal(await sendTo(fleet, own, recorded[4]), undefined, 'the renewal was taken');
  t.same(
    recorded.map(({ method }) => method),
    METHODS,
    'each method was recorded once',
  );

  /** The reason for which each recorded request is refused. */
  const sendAll = (by: Attacker, requests = recorded) => Promise.all(requests.map((each) => sendTo(fleet, by, each)));
  const all = (reason: string) => METHODS.map(() => reason);

  t.same(await sendAll(own), all('replay'), 'sent again at once');
  t.same(
    await sendAll(other),
    // A renewal comes without a certificate, and so without another envoy's.
    [...all('certificate').slice(1), 'replay'],
    'over the connection of another envoy',
  );
  for (const { method, request } of recorded) {
    for (const another of METHODS.filter((name) => name !== method)) {
      // Refused before anything in it is looked at; JSON has no room for it in the first place.
      const tooLarge = another === 'RenewCertificate' ? 'malformed' : 'too_large';
      const reason = request.length > maxRequestBytes[another] ? tooLarge : 'forged';
      t.equal(await sendTo(fleet, own, { method: another, request }), reason, `${method} as ${another}`);
    }
  }

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

  await t.test('a request that no server has seen yet', async (t) => {
    const unused = [
      { method: 'CheckIn', request: signCheckIn(own) },
      { method: 'WakeUp', request: encodeSignedRequest(own.sign('WakeUp', new Uint8Array())) },
      { method: 'RenewCertificate', request: signRenewal(own) },
    ] as const;
    const twin = await fleet.startTwin();
    const there = await ownEnvoy(fleet.configDir('web-1'), twin.grpcAddress);
    const sendThere = (requests: readonly Recorded[]) => Promise.all(requests.map((each) => sendTo(twin, there, each)));
    t.same(await sendThere([...recorded, ...unused]), Array(8).fill('instance'), 'at a second server of the fleet');
    t.same(await sendThere(forInstance(unused, there)), Array(3).fill('forged'), 'readdressed to it');
    t.equal(await refusalOf(there.call('CheckIn', signCheckIn(there))), undefined, 'which does serve this envoy');
    there.close();
    await twin.server.end();

    for (const what of ['after a restart', 'with a database that is older than they are'] as const) {
      await fleet.server.end();
      if (what !== 'after a restart') await fleet.restoreDatabase(earlier);
      await fleet.startServer();
      const again = await ownEnvoy(fleet.configDir('web-1'), fleet.grpcAddress);
      t.same(await sendAll(again, [...recorded, ...unused]), Array(8).fill('instance'), what);
      const readdressed = forInstance([...recorded, ...unused], again);
      t.same(await sendAll(again, readdressed), Array(8).fill('forged'), `${what}, readdressed`);
      t.equal(await refusalOf(again.call('CheckIn', signCheckIn(again))), undefined, 'the envoy itself is served');
      again.close();
    }
  });
});

function signCheckIn(by: Attacker): Uint8Array {
  return encodeSignedRequest(by.sign('CheckIn', plainCheckIn(by)));
}

function signRenewal(by: Attacker): Uint8Array {
  const key = generateTlsKey();
  const tlsProof = prove(key, renewalProofBytes(by.envoyId, key.publicKey));
  return encodeSignedRequest(by.sign('RenewCertificate', encodeRenewal({ tlsPublicKey: key.publicKey, tlsProof })));
}

/** The request of a stream that was taken: a hint came. */
async function usedWakeUp(fleet: ThrowAwayFleet, by: Attacker): Promise<Recorded> {
  const request = encodeSignedRequest(by.sign('WakeUp', new Uint8Array()));
  const hinted = new AbortController();
  const stream = by.wakeUp(request, () => hinted.abort(), hinted.signal);
  await by.checkIn();
  await fleet.setSecret('shop/password', 'another one');
  await stream;
  return { method: 'WakeUp', request };
}

/** Why a server refuses a request; nothing where it takes it. */
async function sendTo(fleet: ThrowAwayFleet, by: Attacker, sent: Recorded | undefined): Promise<string | undefined> {
  const { method, request } = sent ?? { method: 'CheckIn', request: new Uint8Array() };
  if (method === 'RenewCertificate') {
    const url = new URL(RENEW_PATH, fleet.url());
    const { status, text } = await exchange(url, undefined, { request: toBase64Url(request) });
    return status === 200 ? undefined : JSON.parse(text).error.code;
  }
  const call =
    method === 'WakeUp' ? by.wakeUp(request, () => {}, new AbortController().signal) : by.call(method, request);
  return refusalOf(call).catch((error) => {
    if (error instanceof RpcError) return error.code;
    throw error;
  });
}

/** The same requests, readdressed to another server process. */
function forInstance(requests: readonly Recorded[], { instance }: Attacker): Recorded[] {
  return requests.map(({ method, request }) => {
    return { method, request: encodeSignedRequest({ ...decodeSignedRequest(method, request), instance }) };
  });
}

function reasonIn(detail: unknown): unknown {
  return (detail as { reason?: unknown }).reason;
}
