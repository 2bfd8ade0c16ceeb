import { X509Certificate } from 'node:crypto';
import t, { type Test } from 'tap';
import { prove } from '../../../lib/agent/identity/tls-key.js';
import { type EnvoyId, parseEnvoyId, toBase64Url } from '../../../lib/base/index.js';
import { createRequestSigner } from '../../../lib/identity/index.js';
import {
  encodeRenewal,
  encodeSignedRequest,
  INSTANCE_BYTES,
  RENEW_PATH,
  renewalProofBytes,
  renewalToJson,
} from '../../../lib/wire/index.js';
import {
  type Answer,
  admin,
  enrollmentOf,
  type Kit,
  type Machine,
  makeMachine,
  makeServer,
  newToken,
  send,
} from '../kit.js';

const DAY_MS = 86_400_000;

interface Envoy {
  readonly id: EnvoyId;
  readonly machine: Machine;
  /** Signs a renewal for the server process that runs, unless something else is asked for. */
  sign(options?: { instance?: Uint8Array; key?: Machine; proofFor?: EnvoyId; by?: Machine; as?: EnvoyId }): string;
}

async function setUp(t: Test): Promise<{ kit: Kit; web: Envoy; db: Envoy; fresh: () => Promise<Machine> }> {
  const kit = await makeServer(t);
  const enrolled = async (name: string): Promise<Envoy> => {
    const machine = await makeMachine();
    const { token } = await newToken(kit);
    const { body } = await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, token, name) });
    const id = parseEnvoyId(body.envoy_id);
    const signers = new Map<Machine, ReturnType<typeof createRequestSigner>>();
    return {
      id,
      machine,
      sign({ instance = kit.instance, key = machine, proofFor = id, by = machine, as = id } = {}) {
        const tlsProof = prove(
          { privateKey: key.tlsKey, publicKey: key.tlsPublicKey },
          renewalProofBytes(proofFor, key.tlsPublicKey),
        );
        const signer = signers.get(by) ?? createRequestSigner({ signer: by.signer, envoyId: as, clock: kit.clock });
        signers.set(by, signer);
        const payload = encodeRenewal({ tlsPublicKey: key.tlsPublicKey, tlsProof });
        return renewalToJson(encodeSignedRequest(signer.sign('RenewCertificate', payload, instance)));
      },
    };
  };
  return { kit, web: await enrolled('web-1'), db: await enrolled('db-1'), fresh: makeMachine };
}

const renew = (kit: Kit, raw: string, from?: string): Promise<Answer> =>
  send(kit, 'POST', RENEW_PATH, { raw, ...(from === undefined ? {} : { from }) });

const refused = (code: string) => ({ body: { error: { code } } });

t.test('an envoy gets a certificate over its next key', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  const key = await fresh();
  kit.clock.ms += 20 * DAY_MS;
  const { status, body } = await renew(kit, web.sign({ key }));
  t.equal(status, 200);
  const certificate = new X509Certificate(body.certificate);
  t.ok(certificate.checkPrivateKey(key.tlsKey));
  t.ok(certificate.verify(new X509Certificate(kit.ca.certificatePem).publicKey));
  t.equal(certificate.subjectAltName, `URI:spiffe://vigo-test/envoy/${web.id}`);
  t.equal(Date.parse(certificate.validTo), Math.floor((kit.clock.ms + 30 * DAY_MS) / 1000) * 1000);
  const { envoy } = (await admin(kit, 'GET', '/envoys/web-1')).body;
  t.equal(envoy.certificate_expires_at, Date.parse(certificate.validTo));
  t.match(await kit.entries('envoy.renewed'), [
    {
      actor: `envoy:${web.id}`,
      subject: web.id,
      outcome: 'done',
      detail: { recovered: false, remote_address: '192.0.2.1' },
    },
  ]);
});

t.test('a process that is not known yet is told, at no cost', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  const unknown = web.sign({ key: await fresh(), instance: new Uint8Array(INSTANCE_BYTES) });
  for (let i = 0; i < 30; i++) {
    const answer = await renew(kit, unknown);
    t.match(answer, { status: 412, body: { error: { code: 'instance', instance: toBase64Url(kit.instance) } } });
  }
  t.same(await kit.refusals(), []);
});

t.test('replayed: at once, and at another server process', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  const recorded = web.sign({ key: await fresh() });
  t.match(await renew(kit, recorded), { status: 200 });
  const again = await renew(kit, recorded);
  t.match(again, { status: 401, ...refused('replay') });
  t.type(again.body.error.highest_sequence, 'number');
  const elsewhere = await setUp(t);
  t.match(await renew(elsewhere.kit, recorded), refused('instance'));
  t.match(await kit.refusals(), ['request.rejected replay 1']);
});

t.test('what does not hold together', async (t) => {
  const { kit, web, db, fresh } = await setUp(t);
  const key = await fresh();
  const stranger = await fresh();
  const cases: [what: string, request: string, code: string][] = [
    ["another envoy's Ed25519 key", web.sign({ key, by: db.machine }), 'forged'],
    ["another envoy's TLS key", web.sign({ key: db.machine, proofFor: db.id }), 'forged'],
    ['a proof that was made for another envoy', web.sign({ key, proofFor: db.id }), 'forged'],
    [
      'an envoy that nobody knows',
      web.sign({ key, by: stranger, as: parseEnvoyId('00000000-0000-4000-8000-000000000001') }),
      'unknown',
    ],
    ['the key that it has already', web.sign(), 'malformed'],
    ['a key of another curve', web.sign({ key: await makeMachine('secp256k1') }), 'malformed'],
  ];
  for (const [what, request, code] of cases) t.match(await renew(kit, request), refused(code), what);
  const check = createRequestSigner({ signer: web.machine.signer, envoyId: web.id, clock: kit.clock });
  const payload = encodeRenewal({
    tlsPublicKey: key.tlsPublicKey,
    tlsProof: prove(
      { privateKey: key.tlsKey, publicKey: key.tlsPublicKey },
      renewalProofBytes(web.id, key.tlsPublicKey),
    ),
  });
  const other = renewalToJson(encodeSignedRequest(check.sign('CheckIn', payload, kit.instance)));
  t.match(await renew(kit, other), refused('forged'), 'signed for another method');
  for (const raw of ['{}', '{"request":""}', '{"request":"AAAA"}', `{"request":"${'A'.repeat(1400)}"}`, '[]']) {
    t.match(await renew(kit, raw), { status: 400 }, raw.slice(0, 30));
  }
  t.same(await kit.entries('envoy.renewed'), []);
});

t.test('every single-bit change of a good request is refused', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  const raw = web.sign({ key: await fresh() });
  const bytes = Buffer.from(JSON.parse(raw).request, 'base64url');
  const reasons = new Set<string>();
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = Uint8Array.from(bytes, (byte, i) => (i === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    const { status, body } = await renew(kit, renewalToJson(flipped));
    if (status === 200) t.fail(`taken with bit ${bit} flipped`);
    reasons.add(body.error.code);
  }
  t.same([...reasons].sort(), ['forged', 'instance', 'malformed', 'unknown']);
  t.match(await renew(kit, raw), { status: 200 }, 'as it was signed it is taken');
});

t.test('recovery after the end, within its window alone', async (t) => {
  const { kit, web, db, fresh } = await setUp(t);
  kit.clock.ms += (30 + 89) * DAY_MS;
  t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 200 });
  t.match(await kit.entries('envoy.renewed'), [{ subject: web.id, detail: { recovered: true } }]);
  kit.clock.ms += 2 * DAY_MS;
  t.match(await renew(kit, db.sign({ key: await fresh() })), {
    status: 403,
    body: { error: { code: 'lapsed', message: /90d/ } },
  });
  t.match(await kit.refusals(), ['request.rejected lapsed 1']);
  t.match(kit.fleet.get(db.id), { status: 'active' }, 'it stays an envoy');

  const { token } = await newToken(kit);
  t.match(await send(kit, 'POST', '/enroll', { body: enrollmentOf(db.machine, token, 'db-2') }), { status: 403 });
  const back = await send(kit, 'POST', '/enroll', { body: enrollmentOf(db.machine, token, 'db-1') });
  t.match(back, { status: 200, body: { envoy_id: db.id } }, 'a token brings it back as who it was');
  t.match(
    await send(kit, 'POST', '/enroll', { body: enrollmentOf(web.machine, token, 'web-1') }),
    { status: 403 },
    'once',
  );
  t.match((await kit.entries('envoy.enrolled')).at(-1), { detail: { returned: true } });
  t.match(await renew(kit, db.sign({ key: await fresh() })), { status: 200 }, 'and it renews again');
});

t.test('a revoked envoy gets none, and not by a token either', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  await admin(kit, 'POST', '/envoys/web-1/revoke');
  t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 403, ...refused('revoked') });
  const { token } = await newToken(kit);
  t.match(await send(kit, 'POST', '/enroll', { body: enrollmentOf(web.machine, token, 'web-1') }), { status: 403 });
  t.same(await kit.entries('envoy.renewed'), []);
});

t.test('revoked between the check and the certificate', async (t) => {
  const { kit, web, fresh } = await setUp(t);
  // Another process of the host: this one's memory hasn't heard of it yet.
  await kit.store.revokeEnvoy(web.id, { action: 'envoy.revoked', actor: 'test', subject: web.id, outcome: 'done' });
  t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 403, ...refused('revoked') });
});

t.test('limits: of an envoy that renews all the time', async (t) => {
  const { kit, web, db, fresh } = await setUp(t);
  for (let i = 0; i < 10; i++) t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 200 });
  t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 429, ...refused('too_many_attempts') });
  t.match(await renew(kit, db.sign({ key: await fresh() })), { status: 200 }, 'others go on');
  kit.clock.ms += 3_600_000;
  t.match(await renew(kit, web.sign({ key: await fresh() })), { status: 200 });
});

t.test('who shares the address of an envoy does not keep its certificate from being renewed', async (t) => {
  const { kit, web, db, fresh } = await setUp(t);
  const bad = web.sign({ key: await fresh(), by: db.machine });
  const { size } = await kit.store.auditHead();
  for (let i = 0; i < 30; i++) t.match(await renew(kit, bad, '192.0.2.9'), refused('forged'));
  for (let i = 0; i < 30; i++) await send(kit, 'POST', '/enroll', { raw: '{', from: '192.0.2.9' });
  t.ok((await kit.store.auditHead()).size <= size + 2, 'which is counted, not entered one by one');
  t.match(await renew(kit, web.sign({ key: await fresh() }), '192.0.2.9'), { status: 200 });
});
