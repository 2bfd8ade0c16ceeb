import t from 'tap';
import { StoreError } from '../../../lib/store/index.js';
import { API_TOKEN, admin, enrollmentOf, makeMachine, makeServer, newToken, send } from '../kit.js';

t.test('health is for everybody, and says nothing else', async (t) => {
  const kit = await makeServer(t);
  t.match(await send(kit, 'GET', '/healthz'), { status: 200, body: { status: 'ok' } });
});

t.test('no call without a token, none with a wrong one, wherever it comes from', async (t) => {
  const kit = await makeServer(t);
  const denied = { status: 401, body: { error: { code: 'unauthenticated' } } };
  const calls = [
    ['GET', '/envoys'],
    ['GET', '/envoys/web-1'],
    ['POST', '/envoys/web-1/rename'],
    ['POST', '/envoys/web-1/revoke'],
    ['POST', '/enrollment-tokens'],
    ['GET', '/enrollment-tokens'],
    ['GET', '/agent-program'],
    ['POST', '/enrollment-tokens/1f0c8a5be2d94c37/revoke'],
    ['POST', '/config/validate'],
    ['POST', '/config/publish'],
    ['POST', '/config/rollback'],
    ['GET', '/config/history'],
  ] as const;
  for (const [method, path] of calls) {
    t.match(await send(kit, method, `/api/v1${path}`, { from: '127.0.0.1' }), denied, `${method} ${path}`);
  }
  const wrong = [`${API_TOKEN}x`, API_TOKEN.slice(0, -1), API_TOKEN.toUpperCase(), 'x', 'ü'.repeat(40)];
  for (const token of wrong) t.match(await send(kit, 'GET', '/api/v1/envoys', { token }), denied, token);
  for (const authorization of [API_TOKEN, `Basic ${API_TOKEN}`, `bearer ${API_TOKEN}`, 'Bearer', 'Bearer ']) {
    t.match(await send(kit, 'GET', '/api/v1/envoys', { headers: { authorization } }), denied, authorization);
  }
  t.match(await admin(kit, 'GET', '/envoys'), { status: 200 });
  // The first of each address and reason, and one count for the others.
  t.same(
    (await kit.refusals()).sort(),
    [
      'api.denied no token 1',
      'api.denied no token 11',
      'api.denied no token 1',
      'api.denied no token 1',
      'api.denied wrong token 1',
      'api.denied wrong token 7',
    ].sort(),
  );
});

t.test('what is not there', async (t) => {
  const kit = await makeServer(t);
  t.match(await send(kit, 'GET', '/nothing'), { status: 404, body: { error: { code: 'not_found' } } });
  t.match(await admin(kit, 'GET', '/nothing'), { status: 404, body: { error: { code: 'not_found' } } });
  t.match(await admin(kit, 'GET', '/envoys/web-1'), { status: 404, body: { error: { code: 'not_found' } } });
});

t.test('a token of enrollment: what it may be made for', async (t) => {
  const kit = await makeServer(t);
  const refused = { status: 400 };
  const bad = [
    {},
    { match: null },
    { ttl_ms: 5000 },
    { ttl_ms: 0, match: null },
    { ttl_ms: 8 * 86_400_000, match: null },
  ];
  for (const body of [...bad, { ttl_ms: 5000, match: null, more: 1 }, { ttl_ms: 5000, match: 'a b' }, []]) {
    t.match(await admin(kit, 'POST', '/enrollment-tokens', body), refused, JSON.stringify(body));
  }
  const { status, body } = await admin(kit, 'POST', '/enrollment-tokens', { ttl_ms: 5000, match: 'web-*' });
  t.match({ status, body }, { status: 201, body: { match: 'web-*', expires_at: kit.clock.ms + 5000 } });
  const { entries } = await kit.store.readAudit(1, 1000);
  t.notMatch(entries.map(({ bytes }) => Buffer.from(bytes).toString()).join(), body.token.slice(5, 40));
});

t.test('an envoy is renamed and revoked', async (t) => {
  const kit = await makeServer(t);
  const [one, two] = [await makeMachine(), await makeMachine()];
  const enroll = async (machine: typeof one, name: string) =>
    (await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, (await newToken(kit)).token, name) })).body;
  const { envoy_id: id } = await enroll(one, 'web-1');
  await enroll(two, 'web-2');
  const hints: string[] = [];
  kit.wakeUps.add(id, { send: () => void hints.push('hint'), end: () => void hints.push('end') });

  const rename = (to: unknown) => admin(kit, 'POST', '/envoys/web-1/rename', { host_name: to });
  t.match(await rename('web-2'), { status: 409, body: { error: { code: 'host_taken' } } });
  t.match(await rename('no name'), { status: 400, body: { error: { code: 'bad_host_name' } } });
  t.match(await rename(5), { status: 400, body: { error: { code: 'bad_request' } } });
  t.match(kit.fleet.get(id), { hostName: 'web-1' });
  t.match(await rename('db-1'), { status: 200, body: { envoy: { id, host_name: 'db-1' } } });
  t.match(kit.fleet.get(id), { hostName: 'db-1' });

  const revoke = () => admin(kit, 'POST', `/envoys/${id}/revoke`);
  t.match(await revoke(), { status: 200, body: { changed: true, envoy: { status: 'revoked' } } });
  t.match(kit.fleet.get(id), { status: 'revoked' });
  t.same(hints, ['hint', 'end']);
  t.match(await revoke(), { status: 200, body: { changed: false } }, 'once more changes nothing');
  t.match(await admin(kit, 'POST', `/envoys/${id}/rename`, { host_name: 'x' }), { status: 412 });
});

t.test('an error tells the caller what it may know, and the log the rest', async (t) => {
  const kit = await makeServer(t);
  kit.store.listEnvoys = async () => {
    throw new Error('SECRET of the inside', { cause: new Error('/etc/a-path') });
  };
  const { status, body } = await admin(kit, 'GET', '/envoys');
  t.equal(status, 500);
  t.same(Object.keys(body), ['error']);
  t.match(body.error, { code: 'internal', message: 'internal error' });
  t.notMatch(JSON.stringify(body), /SECRET|a-path|\.ts|at /);
  t.match(kit.log(), /SECRET of the inside/);
  t.notMatch(kit.log(), API_TOKEN);

  await kit.store.close();
  const closed = await admin(kit, 'GET', '/config/history');
  t.match(closed, { status: 503, body: { error: { code: 'unavailable' } } });
  t.same(Object.keys(closed.body.error).sort(), ['code', 'message']);
});

t.test('the config over the API: problems with their places', async (t) => {
  const kit = await makeServer(t);
  const { status, body } = await admin(kit, 'POST', '/config/publish', {});
  t.equal(status, 400);
  t.match(body.error, { code: 'invalid_config', problems: [{ file: 'envoys.vgo', line: 1, column: 1 }] });
  t.match(await admin(kit, 'POST', '/config/rollback', { to: 'x' }), { status: 400 });
  t.match(await admin(kit, 'POST', '/config/rollback', {}), { status: 404 });
  t.match(await admin(kit, 'GET', '/config/history'), { status: 200, body: { publications: [] } });
});

t.test('/healthz and the log say that the disk with the database is full', async (t) => {
  const kit = await makeServer(t);
  const { appendAudit } = kit.store;
  const full = new StoreError('full', 'the disk with the database /srv/a-path is full');
  const disk = { isFull: true };
  const store = kit.health.watch({
    ...kit.store,
    appendAudit: async (entry) => {
      if (disk.isFull) throw full;
      return appendAudit(entry);
    },
  });
  const entry = { action: 'server.started', actor: 'test', subject: 'test', outcome: 'done' } as const;
  await t.rejects(store.appendAudit(entry), { code: 'full' });
  t.match(await send(kit, 'GET', '/healthz'), { status: 503, body: { status: 'failing', reason: 'database' } });
  disk.isFull = false;
  await store.appendAudit(entry);
  t.match(await send(kit, 'GET', '/healthz'), { status: 200, body: { status: 'ok' } });

  const machine = await makeMachine();
  const { token } = await newToken(kit);
  kit.store.consumeTokenAndEnroll = async () => {
    throw full;
  };
  const refused = await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, token) });
  t.notMatch(JSON.stringify(refused.body), /a-path|srv/, 'a stranger is told no path');
  t.match(refused.body.error, { code: 'full', hint: /log/ });
  for (let i = 0; i < 5; i++) await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, token) });
  t.equal(kit.log().split('a-path').length - 1, 1, 'the log says it once a minute');
});

t.test('an entry says which person is claimed to be behind local-admin, and a stranger claims nothing', async (t) => {
  const kit = await makeServer(t);
  const call = (headers: Record<string, string>) =>
    kit.app.inject({
      method: 'POST',
      url: '/api/v1/enrollment-tokens',
      headers: { authorization: `Bearer ${API_TOKEN}`, ...headers },
      payload: { ttl_ms: 5000, match: null },
    });
  const claims = { 'vigo-claimed-by': '{"sudo_user":"dan","login_uid":1000}' };
  const answers = await Promise.all([call(claims), call({}), call(claims)]);
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [201, 201, 201],
  );
  const entries = await kit.entries('token.created');
  t.same(
    entries.map(({ actor }) => actor),
    Array(3).fill('local-admin'),
  );
  t.equal(entries.filter(({ claimedBy }) => claimedBy === undefined).length, 1, 'calls at one time keep theirs');
  t.same(entries.find(({ claimedBy }) => claimedBy !== undefined)?.claimedBy, { sudoUser: 'dan', loginUid: 1000 });
  for (const wrong of [
    'dan',
    '{}',
    '{"sudo_user":"a b"}',
    '{"login_uid":-1}',
    '{"login_uid":4294967295}',
    '{"role":"admin"}',
    `{"sudo_user":"dan"}${' '.repeat(300)}`,
  ]) {
    t.equal((await call({ 'vigo-claimed-by': wrong })).statusCode, 400, wrong);
  }
  t.equal((await call({ ...claims, authorization: 'Bearer vgot_x' })).statusCode, 401);
  await kit.refusals();
  t.same(
    (await kit.entries('api.denied')).map(({ claimedBy }) => claimedBy),
    [undefined],
  );
});
