import { X509Certificate } from 'node:crypto';
import t from 'tap';
import { makeToken } from '../../../lib/identity/index.js';
import { certificateHash, generateCa } from '../../../lib/pki/index.js';
import { httpsApp } from '../../../lib/server/http/app.js';
import type { Store } from '../../../lib/store/index.js';
import { CA_PATH, ENROLL_PATH, type EnrollmentRequest } from '../../../lib/wire/index.js';
import { admin, enrollmentOf, type Kit, makeMachine, makeServer, newToken, send } from '../kit.js';

const enroll = (kit: Pick<Kit, 'app'>, body: unknown, from?: string) =>
  send(kit, 'POST', ENROLL_PATH, { body, ...(from === undefined ? {} : { from }) });

/** The same answer whatever the reason, so that trying tells nobody anything. */
const REFUSED = { status: 403, body: { error: { code: 'enrollment_refused' } } };

t.test('the CA is served to everybody', async (t) => {
  const kit = await makeServer(t);
  t.match(await send(kit, 'GET', CA_PATH), { status: 200, body: kit.ca.certificatePem });
});

t.test('a machine with a token becomes an envoy', async (t) => {
  const kit = await makeServer(t);
  const machine = await makeMachine();
  const { token } = await newToken(kit, 'web-*');
  const { status, body } = await enroll(kit, enrollmentOf(machine, token, 'WEB-1'.toLowerCase()));
  t.equal(status, 200);
  const certificate = new X509Certificate(body.certificate);
  t.ok(certificate.checkPrivateKey(machine.tlsKey));
  t.ok(certificate.verify(new X509Certificate(kit.ca.certificatePem).publicKey));
  t.equal(certificate.subjectAltName, `URI:spiffe://vigo-test/envoy/${body.envoy_id}`);
  t.match(kit.fleet.get(body.envoy_id), { hostName: 'web-1', status: 'active' });
  t.match((await admin(kit, 'GET', '/envoys/web-1')).body.envoy, { id: body.envoy_id, enrolled_from: '192.0.2.1' });
});

t.test('states of a token × who comes with it', async (t) => {
  const kit = await makeServer(t);
  const [first, second] = [await makeMachine(), await makeMachine()];

  const fresh = await newToken(kit);
  const { body: envoy } = await enroll(kit, enrollmentOf(first, fresh.token, 'a'));
  t.match(await enroll(kit, enrollmentOf(first, fresh.token, 'a')), {
    status: 200,
    body: { envoy_id: envoy.envoy_id },
  });
  t.match(await enroll(kit, enrollmentOf(first, fresh.token, 'b')), REFUSED, 'used: same key, another name');
  t.match(await enroll(kit, enrollmentOf(second, fresh.token, 'a')), REFUSED, 'used: another key, same name');
  t.match(await enroll(kit, enrollmentOf(second, fresh.token, 'b')), REFUSED, 'used: another key');

  const matching = await newToken(kit, 'web-*');
  t.match(await enroll(kit, enrollmentOf(second, matching.token, 'db-1')), REFUSED, 'fresh: a name it is not for');
  t.match(await enroll(kit, enrollmentOf(first, matching.token, 'web-1')), REFUSED, 'fresh: a key that is an envoy');
  const any = await newToken(kit);
  t.match(await enroll(kit, enrollmentOf(second, any.token, 'a')), REFUSED, 'fresh: a name that is taken');

  const short = await newToken(kit, null, 1000);
  kit.clock.ms += 1000;
  t.match(await enroll(kit, enrollmentOf(second, short.token, 'c')), REFUSED, 'expired');
  kit.clock.ms += 3_600_000;
  t.match(await enroll(kit, enrollmentOf(first, fresh.token, 'a')), REFUSED, 'used and expired: no second answer');

  const later = await newToken(kit);
  await admin(kit, 'POST', '/envoys/a/revoke');
  t.match(await enroll(kit, enrollmentOf(first, later.token, 'd')), REFUSED, 'fresh: a key that was expelled');
  t.match(kit.fleet.get(envoy.envoy_id), { status: 'revoked' });
  t.match(await enroll(kit, enrollmentOf(second, later.token, 'a')), { status: 200 }, 'none of that used it up');

  t.same(await kit.refusals(), [
    ...['used', 'used', 'used', 'host_mismatch', 'key_known', 'host_taken', 'expired', 'expired', 'key_revoked'].map(
      (reason) => `enrollment.refused ${reason}`,
    ),
  ]);
});

t.test('a wrong, an expired and a used token cost the same work, and get the same answer', async (t) => {
  const kit = await makeServer(t);
  const operations: string[] = [];
  const store = new Proxy(kit.store, {
    get(target, name: keyof Store) {
      operations.push(name);
      return target[name].bind(target);
    },
  });
  const app = httpsApp({ ...kit.context, store });
  t.teardown(() => app.close());
  const [used, expired] = [await newToken(kit), await newToken(kit, null, 1000)];
  await enroll(kit, enrollmentOf(await makeMachine(), used.token, 'web-1'));
  kit.clock.ms += 1000;
  const wrong = makeToken(certificateHash(kit.ca.certificatePem)).text;
  const stranger = await makeMachine();
  const seen = [];
  for (const token of [wrong, expired.token, used.token]) {
    operations.length = 0;
    const { size } = await kit.store.auditHead();
    const { headers, ...answer } = await enroll({ app }, enrollmentOf(stranger, token, 'web-2'));
    const entries = (await kit.store.auditHead()).size - size;
    seen.push({ ...answer, headers: { ...headers, date: '' }, operations: [...operations], entries });
  }
  t.match(seen[0], { ...REFUSED, operations: ['consumeTokenAndEnroll'], entries: 1 });
  t.same(seen, [seen[0], seen[0], seen[0]]);
});

t.test('a token that nobody made, and one of another server', async (t) => {
  const kit = await makeServer(t);
  const machine = await makeMachine();
  const own = makeToken(certificateHash(kit.ca.certificatePem)).text;
  t.match(await enroll(kit, enrollmentOf(machine, own)), REFUSED);
  const otherCa = generateCa({ commonName: 'other CA', days: 1, clock: kit.clock });
  const foreign = makeToken(certificateHash(otherCa.certificatePem)).text;
  t.match(await enroll(kit, enrollmentOf(machine, foreign)), REFUSED);
  t.match(await enroll(kit, { ...enrollmentOf(machine, own), token: 'vget_x' }), REFUSED);
  // What proves nothing is counted: one entry, and one for the rest of the minute.
  t.same(await kit.refusals(), [
    'enrollment.refused unknown',
    'enrollment.refused not_proven 1',
    'enrollment.refused not_proven 1',
  ]);
  t.same(await kit.store.listEnvoys(), []);
});

t.test('both keys have to be proven, over exactly this enrollment', async (t) => {
  const kit = await makeServer(t);
  const [machine, other] = [await makeMachine(), await makeMachine()];
  const { token } = await newToken(kit);
  const honest = enrollmentOf(machine, token);
  const others = enrollmentOf(other, token);
  const lies: Record<string, EnrollmentRequest> = {
    "somebody else's identity": { ...honest, ed25519_public_key: others.ed25519_public_key },
    "somebody else's TLS key": { ...honest, tls_public_key: others.tls_public_key },
    "somebody else's proof of the identity": { ...honest, ed25519_proof: others.ed25519_proof },
    "somebody else's proof of the TLS key": { ...honest, tls_proof: others.tls_proof },
    'another name than was signed': { ...honest, host_name: 'web-2' },
    'another token than was signed': { ...honest, token: (await newToken(kit)).token },
    'a TLS key that is none': { ...honest, tls_public_key: 'A'.repeat(122) },
  };
  for (const [what, lie] of Object.entries(lies)) t.match(await enroll(kit, lie), REFUSED, what);
  t.same(await kit.store.listEnvoys(), []);
  t.match(await enroll(kit, honest), { status: 200 }, 'the token is still good');
});

t.test('what is no enrollment request', async (t) => {
  const kit = await makeServer(t);
  const { token } = await newToken(kit);
  const honest = enrollmentOf(await makeMachine(), token);
  const wrongCurve = enrollmentOf(await makeMachine('secp384r1'), token);
  const { tls_proof: _, ...incomplete } = honest;
  for (const body of [{}, [], incomplete, { ...honest, more: 1 }, { ...honest, host_name: 5 }, wrongCurve]) {
    t.match(await enroll(kit, body), { status: 400, body: { error: { code: 'malformed' } } });
  }
  t.match(await enroll(kit, { ...honest, host_name: 'no host name' }), { status: 400 });
  for (const raw of ['', '{', 'null']) t.match(await send(kit, 'POST', ENROLL_PATH, { raw }), { status: 400 }, raw);
  const huge = JSON.stringify({ token: 'x'.repeat(65 * 1024) });
  t.match(await send(kit, 'POST', ENROLL_PATH, { raw: huge }), { status: 413 });
});

t.test('who tries too often waits, and costs the database nothing', async (t) => {
  const kit = await makeServer(t);
  const machine = await makeMachine();
  const bad = { ...enrollmentOf(machine, (await newToken(kit)).token), host_name: 'web-2' };
  for (let i = 0; i < 20; i++) t.match(await enroll(kit, bad), REFUSED);
  const { size } = await kit.store.auditHead();
  const limited = await enroll(kit, bad);
  t.match(limited, { status: 429, body: { error: { code: 'too_many_attempts', hint: /try again in 6 s/ } } });
  t.equal(limited.headers['retry-after'], '6');
  t.match(await send(kit, 'POST', ENROLL_PATH, { raw: '{' }), { status: 429 }, 'before anything is read');
  t.ok((await kit.store.auditHead()).size <= size + 1, 'one entry, and the rest is counted');

  t.match(await enroll(kit, bad, '192.0.2.2'), REFUSED, 'another address has its own limit');
  t.match(await send(kit, 'GET', CA_PATH), { status: 200 });
  kit.clock.ms += 6000;
  const { token } = await newToken(kit);
  t.match(await enroll(kit, enrollmentOf(machine, token)), { status: 200 }, 'after a while it may try again');
  t.match(await enroll(kit, enrollmentOf(machine, token)), { status: 200 }, 'and a success does not count');
});

t.test('its token does not end the quarantine of an envoy, neither the used one nor a fresh one', async (t) => {
  const kit = await makeServer(t);
  const machine = await makeMachine();
  const { token } = await newToken(kit);
  const { body } = await enroll(kit, enrollmentOf(machine, token));
  await admin(kit, 'POST', '/envoys/web-1/quarantine');
  for (const again of [token, (await newToken(kit)).token]) {
    t.match(await enroll(kit, enrollmentOf(machine, again)), { status: 200, body: { envoy_id: body.envoy_id } });
    t.match(kit.fleet.get(body.envoy_id), { status: 'quarantined' });
    t.match((await admin(kit, 'GET', '/envoys/web-1')).body.envoy, { status: 'quarantined' });
  }
});

t.test('an answer that is asked for again and again counts, because each is an entry', async (t) => {
  const kit = await makeServer(t);
  const order = enrollmentOf(await makeMachine(), (await newToken(kit)).token);
  const answers = [];
  for (let i = 0; i < 22; i++) answers.push((await enroll(kit, order)).status);
  t.same(answers, [...Array(21).fill(200), 429], 'the first of them is free');
});
