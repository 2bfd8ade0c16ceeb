import t from 'tap';
import { parseKeyName } from '../../../lib/base/index.js';
import { loadXWing } from '../../../lib/crypto/index.js';
import { decodeCheckInAnswer, encodeCheckIn, encodeResolveSecrets, encodeRunReport } from '../../../lib/wire/index.js';
import { makeEnvoys, RESOLVES_PER_HOUR, refusalOf } from '../envoys.js';

t.test('an envoy does not fill the disk by asking for its secrets, nor for those of others', async (t) => {
  const { kit, call, sign, askWith } = await makeEnvoys(t);
  const traits = new Map<string, string>();
  const plain = { heldHead: undefined, heldBody: undefined, agentVersion: 'none', traits, generation: undefined };
  const answer = (await call('CheckIn', sign('CheckIn', encodeCheckIn(plain)))) ?? new Uint8Array();
  const generation = decodeCheckInAnswer(answer).generation?.generation;
  const { publicKey: kemPublicKey } = (await loadXWing()).generateKeyPair();
  const own = askWith(generation, kemPublicKey);
  const refs = Array.from({ length: 400 }, (_, i) => ({
    key: parseKeyName(`${'x'.repeat(190)}/${String(i).padStart(4, '0')}`),
    heldVersion: undefined,
  }));
  const policyVersion = kit.live.policyVersion;
  const foreign = encodeResolveSecrets({ policyVersion, refs, kemPublicKey, generation });
  const resolve = (payload: Uint8Array) => refusalOf(call('ResolveSecrets', sign('ResolveSecrets', payload)));

  for (let i = 1; i < RESOLVES_PER_HOUR; i++) t.equal(await resolve(own), undefined);
  t.equal(await resolve(foreign), 'entitlement');
  const [denied] = await kit.entries('secret.entitlement_denied');
  t.match(denied, { detail: { refs: { count: 400, sha256: /^[0-9a-f]{64}$/ } } });
  t.ok(JSON.stringify(denied).length < 2048, 'nor by the names that it makes up');

  const { size } = await kit.store.auditHead();
  for (const payload of [own, foreign]) t.equal(await resolve(payload), 'busy');
  t.equal((await kit.store.auditHead()).size, size);
  kit.clock.ms += 3_600_000 / RESOLVES_PER_HOUR;
  t.equal(await resolve(own), undefined);
});

t.test('an envoy does not keep the database from the others by its reports', async (t) => {
  const { kit, call, sign } = await makeEnvoys(t);
  const run = { startedAtMs: 1, finishedAtMs: 2, policyVersion: 3, secretsEpoch: 4, results: [], failure: undefined };
  const report = (i: number) => {
    const runId = `00000000-0000-4000-8000-${String(i).padStart(12, '0')}`;
    return refusalOf(call('ReportRun', sign('ReportRun', encodeRunReport({ ...run, runId }))));
  };
  for (let i = 0; i < 200; i++) t.equal(await report(i), undefined);
  t.equal(await report(200), 'busy');
  kit.clock.ms += 10_000;
  t.equal(await report(200), undefined);
});
