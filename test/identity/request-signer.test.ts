import t from 'tap';
import { parseEnvoyId, utf8 } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import { createRequestSigner } from '../../lib/identity/index.js';
import { signedBytes } from '../../lib/wire/index.js';

const NOW_MS = Date.parse('2026-02-01T12:00:00Z');
const DAY_MS = 86_400_000;
const envoyId = parseEnvoyId('3f2a8a52-6c1e-4d7b-9f00-0123456789ab');
const ed25519 = await loadEd25519();
const signer = ed25519.generateSigner();
const instance = new Uint8Array(16).fill(7);
const makeSigner = (nowMs = NOW_MS) => createRequestSigner({ signer, envoyId, clock: { nowMs: () => nowMs } });

t.test('a request holds what was given, under a signature over all of it', async (t) => {
  const request = makeSigner().sign('ReportRun', utf8('payload'), instance);
  const { signature, ...unsigned } = request;
  t.same(unsigned, { envoyId, instance, sequence: NOW_MS * 1000 + 1, issuedAtMs: NOW_MS, payload: utf8('payload') });
  t.ok(ed25519.verify(signature, signedBytes('ReportRun', unsigned), signer.publicKey));
});

t.test('sequences rise, also over a restart', async (t) => {
  const agent = makeSigner();
  const sequences = [1, 2, 3].map(() => agent.sign('CheckIn', utf8(''), instance).sequence);
  t.same(
    sequences,
    [1, 2, 3].map((n) => NOW_MS * 1000 + n),
  );
  t.ok(makeSigner(NOW_MS + 1).sign('CheckIn', utf8(''), instance).sequence > NOW_MS * 1000 + 3);
});

t.test('a sequence is raised, and never lowered', async (t) => {
  const agent = makeSigner();
  agent.raiseSequence(NOW_MS * 1000 + 500);
  t.equal(agent.sign('CheckIn', utf8(''), instance).sequence, NOW_MS * 1000 + 501);
  agent.raiseSequence(5);
  t.equal(agent.sign('CheckIn', utf8(''), instance).sequence, NOW_MS * 1000 + 502);
});

t.test('a sequence that would leave none to go on with is not followed', async (t) => {
  const agent = makeSigner();
  for (const poison of [Number.MAX_SAFE_INTEGER, (NOW_MS + 366 * DAY_MS) * 1000]) {
    agent.raiseSequence(poison);
    t.ok(agent.sign('CheckIn', utf8(''), instance).sequence < (NOW_MS + DAY_MS) * 1000);
  }
  agent.raiseSequence((NOW_MS + 364 * DAY_MS) * 1000);
  t.equal(agent.sign('CheckIn', utf8(''), instance).sequence, (NOW_MS + 364 * DAY_MS) * 1000 + 1);
});

t.test('counters end below 2^53', async (t) => {
  const agent = makeSigner(Math.floor(Number.MAX_SAFE_INTEGER / 1000));
  agent.raiseSequence(Number.MAX_SAFE_INTEGER - 1);
  t.equal(agent.sign('CheckIn', utf8(''), instance).sequence, Number.MAX_SAFE_INTEGER);
  t.throws(() => agent.sign('CheckIn', utf8(''), instance), { code: 'exhausted' });
});
