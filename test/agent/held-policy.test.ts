import { lstatSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { AgentError } from '../../lib/agent/errors.js';
import { openBundle, readHeldPolicy, writeHeldPolicy } from '../../lib/agent/held/held-policy.js';
import { parseEnvoyId, parseKeyGlob, type VigoError } from '../../lib/base/index.js';
import { loadEd25519 } from '../../lib/crypto/index.js';
import type { PolicyBundle } from '../../lib/wire/index.js';
import { Responder } from './responder.js';

const resource = { type: 'directory', name: 'it', ensure: 'present', path: '/tmp/it', mode: '0755' } as const;

async function setUp() {
  const { responder, trust } = await Responder.start();
  responder.resources = [resource];
  const make = async (version: number, epoch: number): Promise<PolicyBundle> => {
    Object.assign(responder, { version, epoch });
    return (await responder.bundle()) as PolicyBundle;
  };
  return { responder, trust, make };
}

t.test('anti-rollback: neither the policy version nor the epoch may fall', async (t) => {
  const { trust, make } = await setUp();
  const held = await openBundle(await make(5, 50), undefined, trust);
  for (const [version, epoch, accepted] of [
    [5, 50, true],
    [5, 51, true],
    [6, 50, true],
    [6, 51, true],
    [4, 50, false],
    [4, 99, false],
    [5, 49, false],
    [99, 49, false],
  ] as const) {
    const next = openBundle(await make(version, epoch), held, trust);
    if (accepted) t.match((await next).head, { policyVersion: version, secretsEpoch: epoch });
    else await t.rejects(next, { constructor: AgentError, code: 'rollback' });
  }
});

t.test('a body may be left out where it is the one that is held', async (t) => {
  const { responder, trust, make } = await setUp();
  const held = await openBundle(await make(1, 1), undefined, trust);
  const { head } = await make(2, 2);
  t.same((await openBundle({ head, body: undefined }, held, trust)).body, held.body);
  await t.rejects(openBundle({ head, body: undefined }, undefined, trust), { code: 'bad_answer' });
  responder.resources = [{ ...resource, mode: '0700' }];
  const { head: other } = await make(3, 3);
  await t.rejects(openBundle({ head: other, body: undefined }, held, trust), { code: 'bad_answer' });
});

t.test('a head has one mark for each resource that watches secrets', async (t) => {
  const { responder, trust, make } = await setUp();
  const watching = { ...resource, watch_secret: [parseKeyGlob('a/b')] };
  responder.resources = [watching, { ...resource, name: 'other', path: '/tmp/other' }];
  const held = await openBundle(await make(1, 1), undefined, trust);
  t.same(
    [...held.marks].map(([{ name }, mark]) => [name, mark.length]),
    [['it', 16]],
  );
  const { body } = await make(1, 1);
  for (const marks of [0, 2]) {
    responder.marks = new Uint8Array(16 * marks);
    const { head } = await make(1, 1);
    await t.rejects(openBundle({ head, body }, undefined, trust), { code: 'bad_answer' }, `${marks} marks`);
  }
});

t.test('every single-bit flip of head, signature and body is refused', async (t) => {
  const { trust, make } = await setUp();
  const bundle = await make(1, 1);
  const parts: Record<'head' | 'signature' | 'body', Uint8Array> = {
    head: bundle.head.head,
    signature: bundle.head.signature,
    body: bundle.body as Uint8Array,
  };
  for (const [name, bytes] of Object.entries(parts)) {
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const flipped = Uint8Array.from(bytes);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const { head, signature, body } = Object.assign({ ...parts }, { [name]: flipped });
      const outcome = await openBundle({ head: { head, signature }, body }, undefined, trust).then(
        () => 'accepted',
        (error: VigoError) => error.code,
      );
      if (outcome !== (name === 'body' ? 'bad_answer' : 'forged')) t.fail(`${name}, bit ${bit}: ${outcome}`);
    }
  }
});

t.test("another key's head, and another envoy's", async (t) => {
  const { trust, make } = await setUp();
  const bundle = await make(1, 1);
  const publicKey = (await loadEd25519()).generateSigner().publicKey;
  const stranger = { ...trust, pinned: { ...trust.pinned, publicKey } };
  await t.rejects(openBundle(bundle, undefined, stranger), { code: 'forged' });
  const neighbour = { ...trust, envoyId: parseEnvoyId('00000000-0000-4000-8000-000000000002') };
  await t.rejects(openBundle(bundle, undefined, neighbour), { code: 'forged' });
});

t.test('what was accepted outlives the process', async (t) => {
  const { trust, make } = await setUp();
  const path = join(t.testdir({}), 'policy');
  t.equal(await readHeldPolicy(path, trust), undefined);
  const held = await openBundle(await make(7, 70), undefined, trust);
  await writeHeldPolicy(path, held);
  t.equal(lstatSync(path).mode & 0o777, 0o600);
  const again = await readHeldPolicy(path, trust);
  t.same(again?.head, held.head);
  t.same(again?.body, held.body);
  await t.rejects(openBundle(await make(6, 70), again, trust), { code: 'rollback' }, 'also after a restart');
});

t.test('a thief of the policy key leads nobody to numbers that its successor is refused for', async (t) => {
  const { trust, make } = await setUp();
  const stolen = await openBundle(
    await make(Number.MAX_SAFE_INTEGER - 1, Number.MAX_SAFE_INTEGER - 1),
    undefined,
    trust,
  );
  const path = join(t.testdir({}), 'policy');
  await writeHeldPolicy(path, stolen);
  const { responder: successor, trust: next } = await Responder.start();
  Object.assign(successor, { version: 5, epoch: 50 });
  const follower = { envoyId: trust.envoyId, pinned: next.pinned, previous: trust.pinned };
  for (const held of [stolen, await readHeldPolicy(path, follower)]) {
    const bundle = (await successor.bundle()) as PolicyBundle;
    const accepted = await openBundle(bundle, held, follower);
    t.match(accepted.head, { policyVersion: 5, secretsEpoch: 50 });
    successor.version = 4;
    const older = (await successor.bundle()) as PolicyBundle;
    await t.rejects(openBundle(older, accepted, follower), { code: 'rollback' }, 'which counts on from there');
    successor.version = 5;
  }
});

t.test('a state that is damaged, or another envoy, is told from one that is missing', async (t) => {
  const { trust, make } = await setUp();
  const path = join(t.testdir({}), 'policy');
  await writeHeldPolicy(path, await openBundle(await make(1, 1), undefined, trust));
  const good = readFileSync(path);
  const neighbour = { ...trust, envoyId: parseEnvoyId('00000000-0000-4000-8000-000000000002') };
  await t.rejects(readHeldPolicy(path, neighbour), { constructor: AgentError, code: 'bad_state' });
  for (const bytes of [good.subarray(0, -1), Buffer.concat([good, Buffer.of(0)]), Buffer.alloc(0), Buffer.of(1, 2)]) {
    writeFileSync(path, bytes);
    await t.rejects(readHeldPolicy(path, trust), { constructor: AgentError, code: 'bad_state' });
  }
});

t.test('after a crash between following the chain of trust and the next bundle, what is held counts', async (t) => {
  const { trust, make } = await setUp();
  const path = join(t.testdir({}), 'policy');
  await writeHeldPolicy(path, await openBundle(await make(7, 70), undefined, trust));
  const { pinned } = (await Responder.start()).trust;
  const { envoyId, pinned: previous } = trust;
  t.match((await readHeldPolicy(path, { envoyId, pinned, previous }))?.head, { policyVersion: 7 });
  for (const stranger of [undefined, (await Responder.start()).trust.pinned]) {
    await t.rejects(readHeldPolicy(path, { envoyId, pinned, previous: stranger }), { code: 'bad_state' });
  }
  const other = parseEnvoyId('00000000-0000-4000-8000-000000000002');
  await t.rejects(readHeldPolicy(path, { envoyId: other, pinned, previous }), { code: 'bad_state' });
  await t.rejects(
    openBundle(await make(8, 80), undefined, { envoyId, pinned, previous }),
    { code: 'forged' },
    'new ones',
  );
});
