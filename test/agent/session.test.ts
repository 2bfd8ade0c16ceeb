import t from 'tap';
import { Session } from '../../lib/agent/contact/session.js';
import { parseEnvoyId, systemClock } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { createRequestSigner } from '../../lib/identity/index.js';
import { encodeCheckIn, Rejection, revocationProver } from '../../lib/wire/index.js';
import { ENVOY_ID, Responder } from './responder.js';

const payload = encodeCheckIn({
  heldHead: undefined,
  heldBody: undefined,
  traits: new Map(),
  agentVersion: 'test',
  generation: undefined,
});

t.test('the instance is learnt from the first refusal, and again after a restart of the server', async (t) => {
  const { responder, session } = await Responder.start();
  await session.call('CheckIn', payload);
  await session.call('CheckIn', payload);
  responder.restart();
  await session.call('CheckIn', payload);
  t.same(responder.calls, ['CheckIn', 'CheckIn', 'CheckIn'], 'each arrived once');
});

t.test('a clock that fell back makes used sequences: signing goes on above them', async (t) => {
  const { responder, session, newSession } = await Responder.start({ nowMs: () => 2_000_000 });
  for (let i = 0; i < 70; i++) await session.call('CheckIn', payload);
  const behind = newSession({ nowMs: () => 1_000_000 });
  await behind.call('CheckIn', payload);
  t.equal(responder.calls.length, 71);
});

t.test('a refusal that names an absurd sequence locks nobody out', async (t) => {
  const { responder, session } = await Responder.start();
  responder.refusals.CheckIn = [new Rejection('replay', 'no', { highestSequence: Number.MAX_SAFE_INTEGER })];
  await t.resolves(session.call('CheckIn', payload));
  await t.resolves(session.call('CheckIn', payload));
});

t.test('the wake-up stream is signed for the same instance', async (t) => {
  const { responder, session } = await Responder.start();
  let hints = 0;
  await session.wakeUp(() => hints++, new AbortController().signal);
  t.equal(hints, 1);
  t.same(responder.calls, ['WakeUp']);
});

t.test('a refusal that signing again does not mend is passed on, and nothing is tried for ever', async (t) => {
  const signer = (await loadEd25519()).generateSigner();
  const { trust } = await Responder.start();
  for (const [refuse, attempts] of [
    [() => new Rejection('unknown', 'no'), 1],
    [() => new Rejection('lapsed', 'no'), 1],
    [() => new Rejection('stale_bundle', 'no'), 1],
    [() => new Rejection('instance', 'no', { instance: new Uint8Array(16) }), 2],
    [() => new Rejection('instance', 'no'), 1],
    [() => new Rejection('replay', 'no', { highestSequence: 5 }), 2],
    [() => new Error('no'), 1],
  ] as const) {
    let calls = 0;
    const channel = {
      call: async () => {
        calls++;
        throw refuse();
      },
      wakeUp: async () => {},
    };
    const session = new Session(channel, createRequestSigner({ signer, envoyId: ENVOY_ID, clock: systemClock }), trust);
    await t.rejects(session.call('CheckIn', payload), { message: 'no' });
    t.equal(calls, attempts);
  }
});

t.test('two refusals of different kinds are both mended', async (t) => {
  const clock = { nowMs: () => 1_000_000 };
  const { responder, session, newSession } = await Responder.start(clock);
  for (let i = 0; i < 70; i++) await session.call('CheckIn', payload);
  await newSession({ nowMs: () => 1 }).call('CheckIn', payload); // knows neither the instance nor the sequence
  t.equal(responder.calls.length, 71);
});

t.test('revoked is what the policy key says of this envoy, and nobody else', async (t) => {
  const { responder, session, policySigner } = await Responder.start();
  const other = parseEnvoyId('00000000-0000-4000-8000-000000000002');
  const stranger = (await loadEd25519()).generateSigner();
  const prove = revocationProver(policySigner);
  responder.status = 'revoked';
  for (const proof of [
    prove(other),
    revocationProver(stranger)(ENVOY_ID),
    policySigner.sign(new Uint8Array(1)),
    new Uint8Array(64),
  ]) {
    responder.revocationOf = () => proof;
    await t.rejects(session.call('CheckIn', payload), { name: 'AgentError', code: 'unproven' });
    await t.rejects(
      session.wakeUp(() => {}, new AbortController().signal),
      { code: 'unproven' },
    );
  }
  responder.refusals.CheckIn = [new Rejection('revoked', 'no proof at all')];
  responder.status = 'active';
  await t.rejects(session.call('CheckIn', payload), { name: 'AgentError', code: 'unproven' });
  responder.status = 'revoked';
  responder.revocationOf = prove;
  await t.rejects(session.call('CheckIn', payload), { name: 'Rejection', code: 'revoked' });
});
