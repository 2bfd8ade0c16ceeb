import t, { type Test } from 'tap';
import { decodeEntry } from '../../lib/audit/index.js';
import { type HostGlob, parseHostGlob } from '../../lib/base/index.js';
import type { Enrollment, Store } from '../../lib/store/index.js';
import { bytes32, enroll, entry, envoyId, host, ManualClock, newPath, newRemoteStore, newStore } from './kit.js';

const LIFETIME_MS = 3_600_000;
const TOKEN_HASH = bytes32(200);

interface Scene {
  readonly store: Store;
  readonly clock: ManualClock;
}

const request: Enrollment = {
  tokenHash: TOKEN_HASH,
  hostName: host('web-1'),
  ed25519PublicKey: bytes32(1),
  tlsPublicKeyHash: bytes32(11),
  remoteAddress: '192.0.2.1',
  newEnvoyId: envoyId(1),
};
const stranger: Enrollment = {
  ...request,
  ed25519PublicKey: bytes32(2),
  remoteAddress: '203.0.113.9',
  newEnvoyId: envoyId(2),
};

/** The states that a token and a key can be in. */
const states: Record<string, (scene: Scene) => Promise<void>> = {
  'no token': async () => {},
  fresh: async ({ store, clock }) => createToken(store, clock),
  'for other hosts': async ({ store, clock }) => createToken(store, clock, parseHostGlob('db-*')),
  expired: async ({ store, clock }) => {
    await createToken(store, clock);
    clock.ms += LIFETIME_MS;
  },
  revoked: async ({ store, clock }) => {
    await createToken(store, clock);
    await store.revokeToken('the-token', entry);
  },
  'used and revoked': async ({ store, clock }) => {
    await createToken(store, clock);
    await store.consumeTokenAndEnroll(request);
    await store.revokeToken('the-token', entry);
  },
  used: async ({ store, clock }) => {
    await createToken(store, clock);
    await store.consumeTokenAndEnroll(request);
    clock.ms += 1000;
  },
  'used and expired': async ({ store, clock }) => {
    await createToken(store, clock);
    await store.consumeTokenAndEnroll(request);
    clock.ms += LIFETIME_MS;
  },
  'used, envoy revoked': async ({ store, clock }) => {
    await createToken(store, clock);
    await store.consumeTokenAndEnroll(request);
    await store.revokeEnvoy(envoyId(1), entry);
  },
  'fresh, key revoked': async ({ store, clock }) => {
    await store.revokeEnvoy(await enroll(store, 1, 'elsewhere'), entry);
    await createToken(store, clock);
  },
  'fresh, key known': async ({ store, clock }) => {
    await enroll(store, 1, 'elsewhere');
    await createToken(store, clock);
  },
  'fresh, host taken': async ({ store, clock }) => {
    await enroll(store, 3, 'web-1');
    await createToken(store, clock);
  },
  'fresh, host free again': async ({ store, clock }) => {
    await store.revokeEnvoy(await enroll(store, 3, 'web-1'), entry);
    await createToken(store, clock);
  },
};

/** Who comes with it. */
const comers: Record<string, Enrollment> = {
  machine: { ...request, newEnvoyId: envoyId(9) },
  'machine, other name': { ...request, hostName: host('web-2'), newEnvoyId: envoyId(9) },
  stranger,
};

/** State by state, what each comer gets. */
const table: Record<string, readonly [machine: string, otherName: string, stranger: string]> = {
  'no token': ['unknown', 'unknown', 'unknown'],
  fresh: ['enrolled', 'enrolled', 'enrolled'],
  'for other hosts': ['host_mismatch', 'host_mismatch', 'host_mismatch'],
  expired: ['expired', 'expired', 'expired'],
  revoked: ['token_revoked', 'token_revoked', 'token_revoked'],
  'used and revoked': ['token_revoked', 'token_revoked', 'token_revoked'],
  used: ['repeated', 'used', 'used'],
  'used and expired': ['expired', 'used', 'used'],
  'used, envoy revoked': ['key_revoked', 'key_revoked', 'used'],
  'fresh, key revoked': ['key_revoked', 'key_revoked', 'enrolled'],
  'fresh, key known': ['key_known', 'key_known', 'enrolled'],
  'fresh, host taken': ['host_taken', 'enrolled', 'host_taken'],
  'fresh, host free again': ['enrolled', 'enrolled', 'enrolled'],
};

for (const [state, expected] of Object.entries(table)) {
  for (const [i, [comer, enrollment]] of Object.entries(comers).entries()) {
    t.test(`${state}: ${comer}`, async (t) => {
      const scene = await newScene(t);
      await states[state]?.(scene);
      const before = await scene.store.auditHead();
      const envoysBefore = await scene.store.listEnvoys();
      const result = await scene.store.consumeTokenAndEnroll(enrollment);
      t.equal(result.outcome === 'refused' ? result.reason : result.outcome, expected[i]);
      t.equal((await scene.store.auditHead()).size, before.size + 1, 'recorded');
      if (result.outcome === 'refused') t.same(await scene.store.listEnvoys(), envoysBefore, 'nothing else happened');
      if (result.outcome === 'enrolled') t.equal(result.envoyId, enrollment.newEnvoyId);
      if (result.outcome === 'repeated') t.equal(result.envoyId, request.newEnvoyId, 'the same UUID again');
    });
  }
}

t.test('an envoy as its enrollment made it', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  await store.consumeTokenAndEnroll(request);
  t.strictSame(await store.getEnvoy('web-1'), {
    id: request.newEnvoyId,
    hostName: request.hostName,
    status: 'active',
    publicKey: request.ed25519PublicKey,
    tlsPublicKeyHash: request.tlsPublicKeyHash,
    labels: { rack: 'r1' },
    enrolledAtMs: clock.ms,
    enrolledFrom: '192.0.2.1',
    certificate: undefined,
    lastSeenAtMs: undefined,
    lastRun: undefined,
    checkInIntervalMs: undefined,
    traits: undefined,
    agent: undefined,
    revokedAtMs: undefined,
    quarantinedAtMs: undefined,
    fork: undefined,
    generation: { issued: 0, quoted: 0 },
  });
});

t.test('a second try may come with a new TLS key', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  await store.consumeTokenAndEnroll(request);
  await store.consumeTokenAndEnroll({ ...request, tlsPublicKeyHash: bytes32(77) });
  t.same((await store.getEnvoy('web-1'))?.tlsPublicKeyHash, bytes32(77));
});

t.test('a refusal says why, from where, and who used the token when; and not what the token is', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  const usedAt = clock.ms;
  await store.consumeTokenAndEnroll(request);
  clock.ms += 1000;
  await store.consumeTokenAndEnroll(stranger);
  await store.consumeTokenAndEnroll({ ...stranger, tokenHash: bytes32(250) });
  const entries = (await store.listAudit({ limit: 9, action: 'enrollment.refused' })).map(({ bytes }) =>
    decodeEntry(bytes),
  );
  t.match(entries[0], {
    actor: 'token:the-token',
    subject: 'web-1',
    outcome: 'denied',
    detail: {
      reason: 'used',
      remote_address: '203.0.113.9',
      used_at: usedAt,
      used_from: '192.0.2.1',
      used_by: request.newEnvoyId,
    },
  });
  t.match(entries[1], { actor: 'unknown', detail: { reason: 'unknown', remote_address: '203.0.113.9' } });
  const text = JSON.stringify(entries);
  for (const hash of [TOKEN_HASH, bytes32(250)]) {
    for (const form of ['hex', 'base64', 'base64url'] as const) t.notMatch(text, Buffer.from(hash).toString(form));
  }
});

t.test('of two that come at once, from two threads, exactly one wins', async (t) => {
  const path = newPath(t);
  const stores = [newRemoteStore(t, path), newRemoteStore(t, path)] as const;
  const expiresAtMs = Number.MAX_SAFE_INTEGER;
  for (let round = 0; round < 5; round++) {
    const tokenHash = bytes32(100 + round);
    await stores[0].createToken({ id: `t${round}`, hash: tokenHash, match: undefined, expiresAtMs }, entry);
    const results = await Promise.all(
      stores.map((store, i) =>
        store.consumeTokenAndEnroll({
          ...request,
          tokenHash,
          hostName: host(`web-${round}-${i}`),
          ed25519PublicKey: bytes32(2 * round + i),
          newEnvoyId: envoyId(2 * round + i),
        }),
      ),
    );
    t.same(results.map(({ outcome }) => outcome).sort(), ['enrolled', 'refused']);
  }
  t.equal((await stores[0].listEnvoys()).length, 5);
});

t.test('there is one token of an id, and of a hash', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  const token = { id: 'other', hash: bytes32(201), match: undefined, expiresAtMs: 1 };
  const exists = { name: 'StoreError', code: 'token_exists' };
  await t.rejects(store.createToken({ ...token, id: 'the-token' }, entry), exists);
  await t.rejects(store.createToken({ ...token, hash: TOKEN_HASH }, entry), exists);
  await store.createToken(token, entry);
});

t.test('tokens are listed with what became of them, and withdrawn once', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  const createdAtMs = clock.ms;
  clock.ms += 1000;
  const later = { id: 'later', hash: bytes32(201), match: parseHostGlob('db-*'), expiresAtMs: clock.ms + 5000 };
  await store.createToken(later, entry);
  await store.consumeTokenAndEnroll(request);
  const used = {
    id: 'the-token',
    match: undefined,
    labels: { rack: 'r1' },
    createdAtMs,
    expiresAtMs: createdAtMs + LIFETIME_MS,
    use: { atMs: clock.ms, remoteAddress: '192.0.2.1', envoyId: envoyId(1) },
    revokedAtMs: undefined,
  };
  const unused = { id: 'later', match: 'db-*', labels: {}, createdAtMs: clock.ms, expiresAtMs: clock.ms + 5000 };
  t.strictSame(await store.listTokens(), [{ ...unused, use: undefined, revokedAtMs: undefined }, used]);

  const { size } = await store.auditHead();
  t.equal(await store.revokeToken('later', entry), true);
  t.equal(await store.revokeToken('later', entry), false);
  t.equal((await store.auditHead()).size, size + 1, 'recorded once');
  t.match(await store.listTokens(), [{ revokedAtMs: clock.ms }, { revokedAtMs: undefined }]);
  await t.rejects(store.revokeToken('none', entry), { name: 'StoreError', code: 'token_not_found' });
});

async function newScene(t: Test): Promise<Scene> {
  const clock = new ManualClock();
  return { store: await newStore(t, clock), clock };
}

async function createToken(store: Store, clock: ManualClock, match?: HostGlob): Promise<void> {
  await store.createToken(
    { id: 'the-token', hash: TOKEN_HASH, match, expiresAtMs: clock.ms + LIFETIME_MS, labels: { rack: 'r1' } },
    entry,
  );
}

t.test('tokens that somebody makes up do not fill the log, and hide nothing of one that was made', async (t) => {
  const { store, clock } = await newScene(t);
  await createToken(store, clock);
  await store.consumeTokenAndEnroll(request);
  const madeUp = { ...stranger, tokenHash: bytes32(250) };
  for (let i = 0; i < 300; i++) t.match(await store.consumeTokenAndEnroll(madeUp), { isRecorded: true });
  const { size } = await store.auditHead();
  t.same(await store.consumeTokenAndEnroll(madeUp), { outcome: 'refused', reason: 'unknown', isRecorded: false });
  t.equal((await store.auditHead()).size, size);
  t.match(await store.consumeTokenAndEnroll(stranger), { reason: 'used', isRecorded: true });
  clock.ms += 3_600_000;
  t.match(await store.consumeTokenAndEnroll(madeUp), { isRecorded: true });
});
