import fc from 'fast-check';
import t from 'tap';
import { toBase64Url, utf8 } from '../../lib/base/index.js';
import { loadXWing } from '../../lib/crypto/index.js';
import { decodeCheckInAnswer, RENEW_PATH } from '../../lib/wire/index.js';
import { makeEnvoys, refusalOf } from '../server/envoys.js';
import { send } from '../server/kit.js';
import { mutate, mutations } from './mutation.js';
import { serverTargets } from './server-targets.js';
import { corpusOf } from './target.js';

/** Each run is a whole request, with its entry in the database. `VIGO_TEST_LONG=1`: many of them. */
const RUNS = process.env.VIGO_TEST_LONG === '1' ? 50_000 : 100;
/** Read as the payload of each method. */
const PAYLOADS = { CheckIn: 'check-in', ResolveSecrets: 'resolve-secrets', ReportRun: 'run-report' } as const;
const METHODS = ['CheckIn', 'ResolveSecrets', 'ReportRun', 'WakeUp'] as const;
const GARBAGE = Uint8Array.of(0xff, 0xff, 0xff);

t.test('nobody parses a payload before its signature is verified (T2)', async (t) => {
  const { kit, call, sign, forge, other } = await makeEnvoys(t);
  for (const method of METHODS) {
    const good = sign(method, GARBAGE);
    t.equal(await refusalOf(call(method, forge(method, GARBAGE))), 'forged', `${method}, forged and malformed`);
    t.equal(await refusalOf(call(method, good, other.envoyId)), 'certificate', `${method}, another's and malformed`);
    t.equal(await refusalOf(call(method, good)), 'malformed', `${method}, malformed`);
    t.equal(await refusalOf(call(method, good)), 'replay', `${method}, used and malformed`);
  }
  const renew = (request: Uint8Array) => send(kit, 'POST', RENEW_PATH, { body: { request: toBase64Url(request) } });
  const renewal = sign('RenewCertificate', GARBAGE);
  for (const [request, code] of [
    [forge('RenewCertificate', GARBAGE), 'forged'],
    [renewal, 'malformed'],
    [renewal, 'replay'],
  ] as const) {
    t.match((await renew(request)).body, { error: { code } }, `a renewal that is ${code}`);
  }
  const noted = await kit.refusals();
  for (const reason of ['forged', 'certificate', 'malformed', 'replay']) {
    t.ok(noted.includes(`request.rejected ${reason} 1`), `${reason} is in the log`);
  }
});

t.test('an envoy that signs whatever it likes gets an answer or a refusal', async (t) => {
  const { kit, call, sign, askWith } = await makeEnvoys(t);
  const { publicKey } = (await loadXWing()).generateKeyPair();
  const resolve = (payload: Uint8Array) => refusalOf(call('ResolveSecrets', sign('ResolveSecrets', payload)));
  const answer = (await call('CheckIn', sign('CheckIn', new Uint8Array()))) ?? GARBAGE;
  const generation = decodeCheckInAnswer(answer).generation?.generation;
  const ask = (kemPublicKey: Uint8Array) => askWith(generation, kemPublicKey);
  t.equal(await resolve(ask(publicKey)), undefined, 'a secret, where everything is right');
  t.equal(await resolve(ask(new Uint8Array(1216).fill(0xff))), 'malformed', "bytes that are nobody's public key");
  t.equal(await resolve(ask(new Uint8Array(1216))), 'malformed', 'a share of small order');
  t.equal((await kit.entries('secret.epoch_resolved')).length, 1, 'and the log says of one that values were given');
  for (const [method, name] of Object.entries(PAYLOADS) as [keyof typeof PAYLOADS, string][]) {
    const seeds = serverTargets.find((target) => target.name === name)?.seeds ?? [];
    const inputs = [...seeds, ...corpusOf(name), ...(method === 'ResolveSecrets' ? [ask(publicKey)] : [])];
    for (const payload of inputs) await refusalOf(call(method, sign(method, payload)));
    const input = fc.constantFrom(...inputs);
    await fc.assert(
      fc.asyncProperty(input, mutations, input, async (bytes, changes, other) => {
        await refusalOf(call(method, sign(method, mutate(bytes, changes, other))));
      }),
      { numRuns: RUNS },
    );
    t.pass(method);
  }
  // Reports of failed runs are told, as warnings.
  t.notMatch(kit.log(), /"level":50/, 'and nothing went wrong on the server');
});

t.test('bodies of HTTP', async (t) => {
  const { kit } = await makeEnvoys(t);
  const paths = ['/enroll', RENEW_PATH];
  const bodies = ['enrollment-json', 'renewal-json'].flatMap(corpusOf);
  // Another address each time, so that it is read.
  let count = 0;
  const post = async (path: string, raw: Buffer, headers: Record<string, string> = {}) => {
    const from = `192.0.${2 + ((++count >> 8) % 250)}.${count & 255}`;
    const { status, body } = await send(kit, 'POST', path, { raw: raw.toString('latin1'), from, headers });
    if (status >= 500) throw new Error(`${status} for ${raw.toString('hex')}`);
    if (status !== 200 && typeof body?.error?.code !== 'string') throw new Error(`${status} without a code`);
    return status;
  };
  for (const path of paths) {
    for (const body of bodies) await post(path, body);
    const input = fc.constantFrom(...bodies);
    await fc.assert(
      fc.asyncProperty(input, mutations, input, async (bytes, changes, other) => {
        await post(path, mutate(bytes, changes, other));
      }),
      { numRuns: RUNS },
    );
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (json) => {
        t.equal(await post(path, Buffer.from(utf8(JSON.stringify(json)))), 400);
      }),
      { numRuns: RUNS / 4 },
    );
    t.equal(await post(path, Buffer.from('['.repeat(60_000))), 400, 'openings without an end');
    t.equal(await post(path, Buffer.from(`${'['.repeat(30_000)}${']'.repeat(30_000)}`)), 400, 'depth');
    t.equal(await post(path, Buffer.from(`[${'[],'.repeat(20_000)}[]]`)), 400, 'width');
    t.equal(await post(path, Buffer.alloc(70_000, ' ')), 413, 'size');
    t.equal(await post(path, Buffer.from('{}'), { 'content-type': 'application/xml' }), 415, 'another type');
    t.equal(await post(path, Buffer.from('{}'), { 'content-encoding': 'gzip' }), 400, 'nothing is unpacked');
  }
  t.notMatch(kit.log(), /"level":50/, 'and nothing went wrong on the server');
});
