import t from 'tap';
import { makeToken } from '../../../lib/identity/index.js';
import { certificateHash } from '../../../lib/pki/index.js';
import { ENROLL_PATH } from '../../../lib/wire/index.js';
import { admin, enrollmentOf, type Kit, makeMachine, makeServer, newToken, send } from '../kit.js';

const list = async (kit: Kit) => (await admin(kit, 'GET', '/enrollment-tokens')).body.tokens;

t.test('an envoy has the labels of its token', async (t) => {
  const kit = await makeServer(t);
  const { body } = await admin(kit, 'POST', '/enrollment-tokens', {
    ttl_ms: 5000,
    match: null,
    labels: ['site=berlin', 'rack=r7'],
  });
  t.strictSame(body.labels, { rack: 'r7', site: 'berlin' });
  const enrollment = enrollmentOf(await makeMachine(), body.token);
  t.match(await send(kit, 'POST', ENROLL_PATH, { body: enrollment }), { status: 200 });
  t.strictSame((await admin(kit, 'GET', '/envoys/web-1')).body.envoy.labels, { rack: 'r7', site: 'berlin' });
  for (const labels of [['Rack=r7'], ['rack'], ['rack=1', 'rack=2'], 'rack=r7', [5]]) {
    const wrong = await admin(kit, 'POST', '/enrollment-tokens', { ttl_ms: 5000, match: null, labels });
    t.match(wrong, { status: 400 }, JSON.stringify(labels));
  }
});

t.test('the list says what became of each, and never what it is', async (t) => {
  const kit = await makeServer(t);
  t.strictSame(await list(kit), []);
  const used = await newToken(kit, 'web-*');
  kit.clock.ms += 1;
  const expired = await newToken(kit, null, 1000);
  kit.clock.ms += 1000;
  const withdrawn = await newToken(kit);
  kit.clock.ms += 1;
  const unused = await newToken(kit, 'db-*');
  const { body: envoy } = await send(kit, 'POST', ENROLL_PATH, {
    body: enrollmentOf(await makeMachine(), used.token),
  });
  await admin(kit, 'POST', `/enrollment-tokens/${withdrawn.id}/revoke`);
  const tokens = await list(kit);
  t.match(tokens, [
    { id: unused.id, state: 'unused', match: 'db-*', used_at: null, revoked_at: null },
    { id: withdrawn.id, state: 'revoked', revoked_at: kit.clock.ms },
    { id: expired.id, state: 'expired' },
    { id: used.id, state: 'used', used_from: '192.0.2.1', used_at: kit.clock.ms, envoy_id: envoy.envoy_id },
  ]);
  for (const { token } of [used, expired, withdrawn, unused]) t.notMatch(JSON.stringify(tokens), token.slice(5, 30));
});

t.test('a token that was withdrawn', async (t) => {
  const kit = await makeServer(t);
  const machine = await makeMachine();
  const { id, token } = await newToken(kit);
  const revoke = (id: string) => admin(kit, 'POST', `/enrollment-tokens/${id}/revoke`);
  t.match(await revoke(id), { status: 200, body: { changed: true } });
  t.match(await revoke(id), { status: 200, body: { changed: false } });
  t.match(await revoke('0000000000000000'), { status: 404, body: { error: { code: 'token_not_found' } } });
  const refused = { status: 403, body: { error: { code: 'enrollment_refused' } } };
  t.match(await send(kit, 'POST', ENROLL_PATH, { body: enrollmentOf(machine, token) }), refused);
  t.same(await kit.refusals(), ['enrollment.refused token_revoked']);
});

t.test(
  'a wrong, an expired, a used and a withdrawn token can not be told apart by the bytes of the answer',
  async (t) => {
    const kit = await makeServer(t);
    const [first, second] = [await makeMachine(), await makeMachine()];
    const answers: string[] = [];
    const tryWith = async (token: string) => {
      const { status, body, headers } = await send(kit, 'POST', ENROLL_PATH, {
        body: enrollmentOf(second, token, 'x'),
      });
      const { date: _, ...constant } = headers;
      answers.push(JSON.stringify({ status, body, headers: constant }));
    };
    const used = await newToken(kit);
    await send(kit, 'POST', ENROLL_PATH, { body: enrollmentOf(first, used.token) });
    await tryWith(used.token);
    const expired = await newToken(kit, null, 1000);
    kit.clock.ms += 1000;
    await tryWith(expired.token);
    const withdrawn = await newToken(kit);
    await admin(kit, 'POST', `/enrollment-tokens/${withdrawn.id}/revoke`);
    await tryWith(withdrawn.token);
    await tryWith((await newToken(kit, 'db-*')).token);
    await tryWith(makeToken(certificateHash(kit.ca.certificatePem)).text);
    t.equal(new Set(answers).size, 1, answers.join('\n'));
    const reasons = ['used', 'expired', 'token_revoked', 'host_mismatch', 'unknown'];
    t.same(
      await kit.refusals(),
      reasons.map((reason) => `enrollment.refused ${reason}`),
    );
  },
);
