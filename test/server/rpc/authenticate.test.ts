import t from 'tap';
import { loadXWing } from '../../../lib/crypto/index.js';
import { decodeCheckInAnswer, encodeCheckIn, encodeRunReport, type RequestMethod } from '../../../lib/wire/index.js';
import { makeEnvoys, refusalOf } from '../envoys.js';

const METHODS = ['CheckIn', 'ResolveSecrets', 'ReportRun', 'WakeUp'] as const;

/** An envoy, and what it sends with each method when all is well. */
async function setUp(t: Parameters<typeof makeEnvoys>[0]) {
  const envoys = await makeEnvoys(t);
  const { call, sign, askWith } = envoys;
  const plain = { heldHead: undefined, heldBody: undefined, agentVersion: 'none' };
  const checkIn = encodeCheckIn({ ...plain, traits: new Map([['os', 'Linux']]), generation: undefined });
  const answer = (await call('CheckIn', sign('CheckIn', checkIn))) ?? new Uint8Array();
  const generation = decodeCheckInAnswer(answer).generation?.generation;
  const payloads: Record<RequestMethod, Uint8Array> = {
    CheckIn: encodeCheckIn({ ...plain, traits: new Map([['os', 'Linux']]), generation }),
    ResolveSecrets: askWith(generation, (await loadXWing()).generateKeyPair().publicKey),
    ReportRun: encodeRunReport({
      runId: '3f2a8a52-6c1e-4d7b-9f00-0123456789ab',
      startedAtMs: 1,
      finishedAtMs: 2,
      policyVersion: 3,
      secretsEpoch: 4,
      results: [{ configcrate: 'shop', resource: 'x', type: 'file', outcome: 'changed', message: '', durationMs: 5 }],
      failure: undefined,
    }),
    WakeUp: new Uint8Array(),
    RenewCertificate: new Uint8Array(170),
  };
  return { ...envoys, signed: (method: RequestMethod) => sign(method, payloads[method]) };
}

t.test('every single-bit change of a good request is refused', async (t) => {
  const { call, signed } = await setUp(t);
  for (const method of METHODS) {
    const good = signed(method);
    const reasons = new Set<string | undefined>();
    for (let bit = 0; bit < good.length * 8; bit++) {
      const flipped = Uint8Array.from(good);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const reason = await refusalOf(call(method, flipped));
      if (reason === undefined) t.fail(`${method} is taken with bit ${bit} flipped`);
      reasons.add(reason);
    }
    t.same([...reasons].sort(), ['certificate', 'forged', 'instance', 'malformed'], method);
    t.equal(await refusalOf(call(method, good)), undefined, `${method} as it was signed is taken`);
    t.equal(await refusalOf(call(method, good)), 'replay', 'once');
  }
});

t.test('a request is good for one method, and over the connection of its own envoy', async (t) => {
  const { call, signed, other } = await setUp(t);
  for (const method of [...METHODS, 'RenewCertificate'] as const) {
    const good = signed(method);
    for (const another of METHODS.filter((name) => name !== method)) {
      // A WakeUp has no room for some of the others.
      const reason = another === 'WakeUp' && good.length > 1024 ? 'malformed' : 'forged';
      t.equal(await refusalOf(call(another, good)), reason, `${method} as ${another}`);
    }
    if (method === 'RenewCertificate') continue;
    t.equal(await refusalOf(call(method, good, other.envoyId)), 'certificate', `${method} by another envoy`);
    t.equal(await refusalOf(call(method, good)), undefined, `${method} as itself`);
  }
});
