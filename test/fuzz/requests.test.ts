import { writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { type EnvoyId, parseEnvoyId, parseKeyName, toBase64Url, utf8 } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519, loadXWing } from '../../lib/crypto/index.js';
import { createRequestSigner, loadGenerationSeal } from '../../lib/identity/index.js';
import type { AgentHandlers, Peer } from '../../lib/rpc/index.js';
import { isServerFault } from '../../lib/rpc/status.js';
import { Generations } from '../../lib/server/generations.js';
import { agentHandlers } from '../../lib/server/rpc/handlers.js';
import {
  type AgentMethod,
  decodeCheckInAnswer,
  encodeResolveSecrets,
  encodeSignedRequest,
  RENEW_PATH,
  type RequestMethod,
} from '../../lib/wire/index.js';
import { enrollmentOf, makeMachine, makeServer, newToken, send, stackFile, TRUST_DOMAIN } from '../server/kit.js';
import { mutate, mutations } from './mutation.js';
import { serverTargets } from './server-targets.js';
import { corpusOf } from './target.js';

/** Each run is a whole request, with its entry in the database. `VIGO_TEST_LONG=1`: many of them. */
const RUNS = process.env.VIGO_TEST_LONG === '1' ? 50_000 : 100;
/** Read as the payload of each method. */
const PAYLOADS = { CheckIn: 'check-in', ResolveSecrets: 'resolve-secrets', ReportRun: 'run-report' } as const;
const METHODS = ['CheckIn', 'ResolveSecrets', 'ReportRun', 'WakeUp'] as const;
const SHOP = `
configcrate: shop
resources:
  - { name: settings, type: file, path: /tmp/shop.ini, content: "secret:shop/password" }
`;
const GARBAGE = Uint8Array.of(0xff, 0xff, 0xff);

/** A server with two envoys, called as their connections would. */
async function setUp(t: Test) {
  const kit = await makeServer(t);
  const { context, fleet, store, refusals, clock } = { ...kit, refusals: kit.context.refusals };
  const seal = await loadGenerationSeal(new Uint8Array(32).fill(7));
  const handlers: AgentHandlers = agentHandlers({
    ...context,
    // What is quoted wrongly is noticed, and the request goes on to the code behind.
    generations: new Generations([], { seal, onFork: 'audit', fleet, store, refusals, clock }),
    secrets: kit.secrets,
    versions: { demandNewest: () => {} },
    signer: (await loadEd25519()).generateSigner(),
    intervalMs: 60_000,
  });
  const enroll = async (hostName: string) => {
    const machine = await makeMachine();
    const { token } = await newToken(kit);
    const { body } = await send(kit, 'POST', '/enroll', { body: enrollmentOf(machine, token, hostName) });
    return { envoyId: parseEnvoyId(body.envoy_id), signer: machine.signer };
  };
  kit.secrets.set('shop/password', 'worth stealing');
  await writeFile(stackFile(kit, 'envoys.vgo'), 'envoys:\n  - { match: "*", configcrates: [shop] }\n');
  await writeFile(stackFile(kit, 'shop.vgo'), SHOP);
  const { policyVersion } = await kit.publishing.publish('test');
  const [own, other] = [await enroll('web-1'), await enroll('web-2')];
  const signerOf = (signer: Pick<Ed25519Signer, 'sign'>, envoyId: EnvoyId) => {
    return createRequestSigner({ signer, envoyId, clock });
  };
  const agent = signerOf(own.signer, own.envoyId);
  const peer: Peer = {
    envoyId: own.envoyId,
    trustDomain: TRUST_DOMAIN,
    remoteAddress: '192.0.2.9',
    notAfterMs: 0,
  };
  const call = async (
    method: AgentMethod,
    bytes: Uint8Array,
    envoyId = own.envoyId,
  ): Promise<Uint8Array | undefined> => {
    const received = { method, bytes, peer: envoyId === own.envoyId ? peer : { ...peer, envoyId } };
    switch (method) {
      case 'CheckIn':
        return handlers.checkIn(received);
      case 'ResolveSecrets':
        return handlers.resolveSecrets(received);
      case 'ReportRun':
        return handlers.reportRun(received);
      case 'WakeUp':
        await handlers.wakeUp(received, { send: () => {}, end: () => {}, closed: AbortSignal.abort() });
        return undefined;
    }
  };
  const sign = (method: RequestMethod, payload: Uint8Array) =>
    encodeSignedRequest(agent.sign(method, payload, kit.instance));
  const forge = (method: RequestMethod, payload: Uint8Array) =>
    encodeSignedRequest(signerOf(other.signer, own.envoyId).sign(method, payload, kit.instance));
  const askWith = (generation: Uint8Array | undefined, kemPublicKey: Uint8Array) => {
    const refs = [{ key: parseKeyName('shop/password'), heldVersion: undefined }];
    return encodeResolveSecrets({ policyVersion, refs, kemPublicKey, generation });
  };
  return { kit, call, sign, forge, askWith, other };
}

/** Why something was refused; an error of the server's own is thrown. */
async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (isServerFault(error)) throw error;
    return (error as { code: string }).code;
  }
}

t.test('nobody parses a payload before its signature is verified (T2)', async (t) => {
  const { kit, call, sign, forge, other } = await setUp(t);
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
  const { kit, call, sign, askWith } = await setUp(t);
  const { publicKey } = (await loadXWing()).generateKeyPair();
  const resolve = (payload: Uint8Array) => refusalOf(call('ResolveSecrets', sign('ResolveSecrets', payload)));
  const { generation } = decodeCheckInAnswer((await call('CheckIn', sign('CheckIn', new Uint8Array()))) ?? GARBAGE);
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
  t.equal(kit.log(), '', 'and nothing went wrong on the server');
});

t.test('bodies of HTTP', async (t) => {
  const { kit } = await setUp(t);
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
