import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fromBase64Url, parseEnvoyId, parseKeyName, Secret, utf8 } from '../../lib/base/index.js';
import { loadEd25519, loadSha256 } from '../../lib/crypto/index.js';
import { hashBody } from '../../lib/policy/index.js';
import {
  decodeCheckInAnswer,
  decodeResolveSecrets,
  decodeSealedAnswer,
  decodeSignedRequest,
  encodeCheckInAnswer,
  encodeSealedAnswer,
  makeAnswerKey,
  type PolicyBundle,
  requestHash,
  sealAnswer,
  signHead,
} from '../../lib/wire/index.js';
import { type Exchange, type Interceptor, intercept } from './interceptor.js';
import { startFleet } from './start-fleet.js';

const KEY = parseKeyName('shop/password');
const EVIL = 'a value of the attacker';

const ed25519 = await loadEd25519();
const sha256 = await loadSha256();
/** A line of a stack trace, also where it stands in JSON. */
const STACK = /(^|\\n) {4}at /m;

/** A policy key like the server's, but not the server's: that one lies encrypted in its vault. */
const ownKey = ed25519.generateSigner();

t.test('whoever holds the TLS key and the CA key', async (t) => {
  const fleet = await startFleet(t);
  const target = join(fleet.root, 'shop.ini');
  const evilTarget = join(fleet.root, 'evil.ini');
  const publish = (line: string) =>
    fleet.publish({
      'envoys.vgo': 'envoys:\n  - { match: "web-*", configcrates: [shop] }\n',
      'shop.vgo': `
configcrate: shop
resources:
  - { name: settings, type: file, path: ${target}, content: "${line} secret:${KEY}" }
`,
    });

  // Everything that he can have recorded: a policy and a value that are history, and what another envoy was given.
  await fleet.setSecret(KEY, 'the old value');
  await publish('old');
  for (const host of ['web-1', 'web-2', 'web-3']) await fleet.enroll(host);
  const between = await intercept(t, fleet, 'web-1');
  const beside = await intercept(t, fleet, 'web-2');
  const runOnce = (host: string) => fleet.vigo(host, 'run', '--once');
  await runOnce('web-1');
  const [oldCheckIn, oldResolve] = between.seen;
  await fleet.setSecret(KEY, 'the new value');
  await publish('new');
  await runOnce('web-2');
  const [otherCheckIn, otherResolve] = beside.seen;
  await runOnce('web-1');
  t.equal(readFileSync(target, 'utf8'), 'new the new value');
  if (!oldCheckIn || !oldResolve || !otherCheckIn || !otherResolve) throw new Error('a call is missing');
  const policyFile = join(fleet.root, 'web-1', 'state', 'policy');
  const policy = readFileSync(policyFile);
  const genuine = bundleIn(lastCheckInWithBundle(between));

  for (const [what, forge] of Object.entries<(exchange: Exchange) => Uint8Array | Promise<Uint8Array>>({
    'seals a value of his own with a key of his own': (exchange) => sealOwn(exchange, ownKey.publicKey),
    'and claims that it is the policy key': (exchange) =>
      sealOwn(exchange, fromBase64Url(identityOf('web-1').policy_public_key)),
    'replays an older answer': () => oldResolve.answer,
    'hands over the answer to another envoy': () => otherResolve.answer,
    'claims another epoch for a genuine answer': ({ answer }) => {
      const sealed = decodeSealedAnswer(answer);
      return encodeSealedAnswer({ ...sealed, secretsEpoch: sealed.secretsEpoch + 1 });
    },
  })) {
    await t.test(what, async (t) => {
      rmSync(target, { force: true });
      between.tamper = (exchange) => (exchange.method === 'ResolveSecrets' ? forge(exchange) : exchange.answer);
      const run = await runOnce('web-1');
      t.not(run.code, 0);
      t.match(run.stderr, /error: .*the answer isn't signed by the pinned policy key for this request/);
      t.notOk(existsSync(target), 'nothing was written');
    });
  }

  for (const [what, { bundle, says }] of Object.entries<{ bundle: PolicyBundle; says: RegExp }>({
    'signs a policy of his own with a key of his own': {
      bundle: await signOwn(evilBody(genuine)),
      says: /^error: the policy head isn't signed by the pinned policy key/m,
    },
    'puts a body of his own under a genuine head': {
      bundle: { head: genuine.head, body: evilBody(genuine) },
      says: /^error: the policy's body isn't the one that its signed head names/m,
    },
    'replays an older policy': {
      bundle: bundleIn(oldCheckIn),
      says: /^error: the server offers policy version \d+, but this envoy accepted \d+/m,
    },
    'hands over the policy of another envoy': {
      bundle: bundleIn(otherCheckIn),
      says: /^error: the policy head was made for another envoy/m,
    },
  })) {
    await t.test(what, async (t) => {
      rmSync(target, { force: true });
      between.tamper = ({ method, answer }) =>
        method === 'CheckIn' ? encodeCheckInAnswer({ ...decodeCheckInAnswer(answer), bundle }) : answer;
      const run = await runOnce('web-1');
      t.not(run.code, 0);
      t.match(run.stderr, says);
      t.match(run.stderr, /this is the policy that was accepted before/);
      t.notOk(existsSync(evilTarget));
      t.equal(readFileSync(target, 'utf8'), 'new the new value', 'the true policy stays in force');
      t.ok(readFileSync(policyFile).equals(policy), 'and is what is remembered');
    });
  }

  await t.test('the true answers are taken afterwards', async (t) => {
    between.tamper = ({ answer }) => answer;
    const run = await runOnce('web-1');
    t.equal(run.code, 0, run.stderr);
  });

  await t.test('a machine that was given nothing yet takes nothing from him', async (t) => {
    const first = await intercept(t, fleet, 'web-3');
    const bundle = await signOwn(evilBody(genuine), 'web-3');
    first.tamper = ({ answer }) => encodeCheckInAnswer({ ...decodeCheckInAnswer(answer), bundle });
    const run = await runOnce('web-3');
    t.equal(run.code, 3);
    t.match(run.stderr, /^error: the policy head isn't signed by the pinned policy key/);
    t.notOk(existsSync(evilTarget));
    t.notOk(existsSync(join(fleet.root, 'web-3', 'state', 'policy')));
  });

  t.notMatch(fleet.printed.join('\n'), STACK, 'no stack trace anywhere');

  /** The genuine policy, but for where it writes. */
  function evilBody({ body }: PolicyBundle): Uint8Array {
    return utf8(
      Buffer.from(body ?? [])
        .toString('utf8')
        .replace(target, evilTarget),
    );
  }

  async function signOwn(body: Uint8Array, host = 'web-1'): Promise<PolicyBundle> {
    const nowMs = Date.now();
    const head = {
      envoyId: parseEnvoyId(identityOf(host).envoy_id),
      policyVersion: nowMs,
      bodyHash: hashBody(body, sha256),
      secretsEpoch: nowMs,
      issuedAtMs: nowMs,
      watchMarks: new Uint8Array(),
    };
    return { head: await signHead(head, ownKey), body };
  }

  function identityOf(host: string) {
    return JSON.parse(readFileSync(join(fleet.configDir(host), 'identity.json'), 'utf8'));
  }
});

/** Does all that the server does, with another key. */
async function sealOwn({ request, answer }: Exchange, publicKey: Uint8Array): Promise<Uint8Array> {
  const signed = decodeSignedRequest('ResolveSecrets', request);
  const { kemPublicKey } = decodeResolveSecrets(signed.payload);
  const context = { requestHash: await requestHash('ResolveSecrets', signed), kemPublicKey };
  const values = [{ key: KEY, version: 9, value: new Secret(utf8(EVIL)) }];
  const signer = { ...ownKey, publicKey, sign: (message: Uint8Array) => ownKey.sign(message) };
  return encodeSealedAnswer(
    await sealAnswer(await makeAnswerKey(context), decodeSealedAnswer(answer).secretsEpoch, values, signer),
  );
}

function bundleIn({ answer }: Exchange): PolicyBundle {
  const { bundle } = decodeCheckInAnswer(answer);
  if (bundle === undefined) throw new Error('the answer holds no bundle');
  return bundle;
}

function lastCheckInWithBundle({ seen }: Interceptor): Exchange {
  const exchange = seen.findLast(
    ({ method, answer }) => method === 'CheckIn' && decodeCheckInAnswer(answer).bundle !== undefined,
  );
  if (exchange === undefined) throw new Error('no bundle was seen');
  return exchange;
}
