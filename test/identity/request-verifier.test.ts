import { generateKeyPairSync, sign } from 'node:crypto';
import t, { type Test } from 'tap';
import { type EnvoyId, parseEnvoyId, utf8 } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import {
  createInstance,
  createRequestSigner,
  createRequestVerifier,
  type KnownEnvoy,
} from '../../lib/identity/index.js';
import {
  type AgentMethod,
  decodeSignedRequest,
  encodeSignedRequest,
  Rejection,
  type RejectionReason,
  type SignedRequest,
  signedBytes,
  WireError,
} from '../../lib/wire/index.js';

const NOW_MS = Date.parse('2026-02-01T12:00:00Z');
const clock = { nowMs: () => NOW_MS };
const WEB = parseEnvoyId('3f2a8a52-6c1e-4d7b-9f00-0123456789ab');
const DB = parseEnvoyId('aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee');

const ed25519 = await loadEd25519();
const webSigner = ed25519.generateSigner();
const dbSigner = ed25519.generateSigner();

/** A server that knows two envoys. */
function makeServer() {
  const fleet = new Map<EnvoyId, KnownEnvoy>([
    [WEB, { publicKey: webSigner.publicKey, status: 'active' }],
    [DB, { publicKey: dbSigner.publicKey, status: 'active' }],
  ]);
  const instance = createInstance();
  const verifier = createRequestVerifier({
    ed25519,
    instance,
    clock,
    lookup: (id) => fleet.get(id),
    revocationOf: (id) => utf8(`proof of ${id}`),
  });
  const verify = (request: SignedRequest, method: AgentMethod = 'CheckIn', certificate: EnvoyId | 'nobody' = WEB) =>
    verifier.verify({ method, certificateEnvoyId: certificate === 'nobody' ? undefined : certificate, request });
  return { fleet, instance, verify };
}

const makeAgent = (at = clock) => createRequestSigner({ signer: webSigner, envoyId: WEB, clock: at });

/** Asserts that a call is refused for one reason, and gives the refusal. */
function refused(t: Test, reason: RejectionReason, call: () => unknown): Rejection {
  const error = t.throws(call, { code: reason });
  if (!(error instanceof Rejection)) throw new Error('expected a Rejection');
  return error;
}

t.test('an honest request passes, its payload untouched', async (t) => {
  const { instance, verify } = makeServer();
  const payload = Uint8Array.of(0xff, 0, 0xff);
  const request = makeAgent().sign('CheckIn', payload, instance);
  t.same(verify(request), { envoyId: WEB, payload, clockSkewMs: 0, isLate: false });
});

t.test('a request that was held up is told from the newest', async (t) => {
  const { instance, verify } = makeServer();
  const agent = makeAgent();
  const [first, second, third] = [1, 2, 3].map((byte) => agent.sign('CheckIn', Uint8Array.of(byte), instance));
  if (!first || !second || !third) throw new Error('three requests');
  t.equal(verify(second).isLate, false);
  t.equal(verify(first).isLate, true);
  t.equal(verify(third).isLate, false);
});

t.test('node:crypto makes the same signature', async (t) => {
  const { fleet, instance, verify } = makeServer();
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  fleet.set(WEB, { publicKey: publicKey.export({ type: 'spki', format: 'der' }).subarray(12), status: 'active' });
  const unsigned = { envoyId: WEB, instance, sequence: 1, issuedAtMs: NOW_MS, payload: utf8('x') };
  t.ok(verify({ ...unsigned, signature: sign(null, signedBytes('CheckIn', unsigned), privateKey) }));
});

t.test('every single-bit flip of a recorded request is refused', async (t) => {
  const { instance, verify } = makeServer();
  const bytes = encodeSignedRequest(makeAgent().sign('CheckIn', utf8('payload'), instance));
  const accepted: number[] = [];
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.map((byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    try {
      verify(decodeSignedRequest('CheckIn', flipped));
      accepted.push(bit);
    } catch (error) {
      if (!(error instanceof Rejection || error instanceof WireError)) throw error;
      if (error.code === 'replay' || error.code === 'revoked') accepted.push(bit);
    }
  }
  t.same(accepted, []);
  t.ok(verify(decodeSignedRequest('CheckIn', bytes)), 'and no attempt used its sequence up');
});

t.test('a changed field is forged, whichever it is', async (t) => {
  const { instance, verify } = makeServer();
  const request = makeAgent().sign('CheckIn', utf8('payload'), instance);
  const changes: Partial<SignedRequest>[] = [
    { sequence: request.sequence + 1 },
    { issuedAtMs: request.issuedAtMs + 1 },
    { payload: utf8('payloads') },
    { payload: new Uint8Array() },
    { signature: new Uint8Array(64) },
  ];
  for (const change of changes) refused(t, 'forged', () => verify({ ...request, ...change }));
  for (const method of ['ResolveSecrets', 'ReportRun', 'WakeUp'] as const) {
    refused(t, 'forged', () => verify(request, method));
  }
  t.ok(verify(request), 'and the honest one still passes');
});

t.test('a replay is refused, and told the highest sequence', async (t) => {
  const { instance, verify } = makeServer();
  const agent = makeAgent();
  const first = agent.sign('CheckIn', utf8('1'), instance);
  const second = agent.sign('CheckIn', utf8('2'), instance);
  verify(second);
  t.ok(verify(first), 'overtaken on the way');
  for (const request of [first, second]) {
    t.equal(refused(t, 'replay', () => verify(request)).highestSequence, second.sequence);
  }
  const late = agent.sign('CheckIn', utf8('late'), instance);
  for (let i = 0; i < 64; i++) verify(agent.sign('CheckIn', utf8('next'), instance));
  refused(t, 'replay', () => verify(late));
});

t.test('a request of another server, or from before a restart, is refused and told the instance', async (t) => {
  const [here, there] = [makeServer(), makeServer()];
  const request = makeAgent().sign('CheckIn', utf8('x'), there.instance);
  there.verify(request);
  t.same(refused(t, 'instance', () => here.verify(request)).instance, here.instance);
  const moved = { ...request, instance: here.instance };
  refused(t, 'forged', () => here.verify(moved));
  const unaware = makeAgent().sign('CheckIn', utf8('x'), new Uint8Array(16));
  t.same(refused(t, 'instance', () => here.verify(unaware)).instance, here.instance);
});

t.test('one envoy cannot speak as another', async (t) => {
  const { instance, verify } = makeServer();
  const request = makeAgent().sign('CheckIn', utf8('x'), instance);
  refused(t, 'certificate', () => verify(request, 'CheckIn', DB));
  refused(t, 'certificate', () => verify(request, 'CheckIn', 'nobody'));
  const signedByDb = createRequestSigner({ signer: dbSigner, envoyId: WEB, clock }).sign(
    'CheckIn',
    utf8('x'),
    instance,
  );
  refused(t, 'forged', () => verify(signedByDb));
});

t.test('an unknown envoy, and a revoked one that proves who it is', async (t) => {
  const { fleet, instance, verify } = makeServer();
  const agent = makeAgent();
  fleet.set(WEB, { publicKey: webSigner.publicKey, status: 'revoked' });
  const request = agent.sign('CheckIn', utf8('x'), instance);
  const { revocation } = refused(t, 'revoked', () => verify(request));
  t.same(revocation, utf8(`proof of ${WEB}`));
  refused(t, 'forged', () => verify({ ...request, payload: utf8('y') }));
  fleet.delete(WEB);
  refused(t, 'unknown', () => verify(request));
});

t.test('a wrong clock is diagnosed, not punished', async (t) => {
  for (const skew of [-400 * 86_400_000, -1, 90_000]) {
    const { instance, verify } = makeServer();
    const agent = makeAgent({ nowMs: () => NOW_MS + skew });
    t.equal(verify(agent.sign('CheckIn', utf8('x'), instance)).clockSkewMs, skew);
  }
});

t.test('an envoy cannot use its own sequences up', async (t) => {
  const { instance, verify } = makeServer();
  const yearMs = 365 * 86_400_000;
  for (const sequence of [Number.MAX_SAFE_INTEGER, (NOW_MS + yearMs) * 1000 + 1]) {
    const unsigned = { envoyId: WEB, instance, sequence, issuedAtMs: NOW_MS, payload: utf8('x') };
    const request = { ...unsigned, signature: webSigner.sign(signedBytes('CheckIn', unsigned)) };
    refused(t, 'clock', () => verify(request));
    refused(t, 'forged', () => verify({ ...request, payload: utf8('y') }));
  }
  const agent = makeAgent();
  t.ok(verify(agent.sign('CheckIn', utf8('x'), instance)));
  const raised = (NOW_MS + yearMs) * 1000 - 1;
  agent.raiseSequence(raised);
  const last = agent.sign('CheckIn', utf8('x'), instance);
  t.equal(last.sequence, raised + 1);
  t.ok(verify(last), 'as far as an agent follows, the server does');
});

t.test('an agent whose clock fell back goes on above the highest sequence', async (t) => {
  const { instance, verify } = makeServer();
  verify(makeAgent().sign('CheckIn', utf8('x'), instance));
  const restarted = makeAgent({ nowMs: () => NOW_MS - 3_600_000 });
  const rejection = refused(t, 'replay', () => verify(restarted.sign('CheckIn', utf8('x'), instance)));
  restarted.raiseSequence(rejection.highestSequence ?? 0);
  t.ok(verify(restarted.sign('CheckIn', utf8('x'), instance)));
});
