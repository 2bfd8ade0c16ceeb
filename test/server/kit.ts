import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Test } from 'tap';
import { type AuditEntry, decodeEntry, loadAuditChain } from '../../lib/audit/index.js';
import { type EnvoyId, homePaths, type SteadyClock, toBase64Url } from '../../lib/base/index.js';
import { type Ed25519Signer, loadEd25519, loadHmacSha256 } from '../../lib/crypto/index.js';
import { makeGuard } from '../../lib/guard/index.js';
import { createInstance, createRequestVerifier, loadGenerationSeal, parseToken } from '../../lib/identity/index.js';
import { generateCa, issueServerCertificate, type KeyedCertificate } from '../../lib/pki/index.js';
import { WatchMarks } from '../../lib/policy/index.js';
import { RefusalLog } from '../../lib/server/abuse/refusal-log.js';
import { AgentProgram } from '../../lib/server/agents/agent-program.js';
import { Fleet } from '../../lib/server/agents/fleet.js';
import { Generations } from '../../lib/server/agents/generations.js';
import { WakeUps } from '../../lib/server/agents/wake-ups.js';
import { Health } from '../../lib/server/host/health.js';
import { FaultLog } from '../../lib/server/host/log.js';
import { type AppContext, httpsApp } from '../../lib/server/http/app.js';
import { Authorizer } from '../../lib/server/http/authorize.js';
import { Claims } from '../../lib/server/http/claims.js';
import type { ConnectionLimits } from '../../lib/server/http/connections.js';
import { LivePolicy } from '../../lib/server/publishing/live-policy.js';
import { Publishing } from '../../lib/server/publishing/publish.js';
import { claimingStore, openStore, type Store } from '../../lib/store/index.js';
import { type EnrollmentRequest, enrollmentTranscript, NO_HEAD, revocationProver } from '../../lib/wire/index.js';
import { SecretsTwin } from '../secrets-twin.js';

export const TRUST_DOMAIN = 'vigo-test';
export const API_TOKEN = 'vgot_a-token-for-this-test';
const DAY_MS = 86_400_000;

/** Time passes in `ms`; `setMs` is how far the clock was set forward or back. */
export class ManualClock implements SteadyClock {
  ms = Date.now();
  setMs = 0;

  nowMs(): number {
    return this.ms + this.setMs;
  }

  monotonicMs(): number {
    return this.ms;
  }
}

export interface Kit {
  readonly clock: ManualClock;
  readonly store: Store;
  readonly fleet: Fleet;
  readonly generations: Generations;
  readonly live: LivePolicy;
  readonly publishing: Publishing;
  readonly paths: ReturnType<typeof homePaths>;
  readonly ca: KeyedCertificate;
  readonly app: ReturnType<typeof httpsApp>;
  /** What the app was made of. */
  readonly context: AppContext;
  readonly wakeUps: WakeUps;
  readonly health: Health;
  /** The envoys whose connections were ended. */
  readonly disconnected: readonly EnvoyId[];
  /** The server process that requests must be signed for. */
  readonly instance: Uint8Array;
  /** What the server wrote into its own log. */
  readonly log: () => string;
  /** What failed without failing what was asked for. */
  readonly failures: readonly unknown[];
  readonly secrets: SecretsTwin;
  /** How much was opened and published each time that no secret might be taken away. */
  readonly whileSecretsStayed: readonly { opened: number; published: number }[];
  /** The entries of one action, the oldest first. */
  entries(action: string): Promise<AuditEntry[]>;
  /** The refusals in the audit log as `action reason count`. */
  refusals(): Promise<string[]>;
  /** A Publishing as a new server process has it, over the same disk and database. */
  restart(): Promise<{ publishing: Publishing; live: LivePolicy }>;
}

/** The parts of a server over a real database, without listeners. */
export async function makeServer(t: Test, limits: Partial<ConnectionLimits> = {}): Promise<Kit> {
  const clock = new ManualClock();
  const paths = homePaths(t.testdir({ stacks: {} }));
  const health = new Health(clock);
  const claims = new Claims();
  const opened = health.watch(await openStore({ path: paths.database, chain: await loadAuditChain(), clock }));
  const store = claimingStore(opened, () => claims.get());
  const entry = { actor: 'test', subject: 'test', outcome: 'done' } as const;
  await store.genesis(TRUST_DOMAIN, { ...entry, action: 'vault.initialized' });
  const ed25519 = await loadEd25519();
  const signer = ed25519.generateSigner();
  const instance = createInstance();
  const ca = generateCa({ commonName: 'test CA', trustDomain: TRUST_DOMAIN, days: 3650, clock });
  const server = issueServerCertificate({ ca, names: [], days: 10, clock });
  const fleet = new Fleet([], clock);
  const wakeUps = new WakeUps();
  const disconnected: EnvoyId[] = [];
  const marks = async () => new WatchMarks(await loadHmacSha256(), new Uint8Array(32).fill(7));
  const live = new LivePolicy(signer, await marks(), 0, clock);
  const secrets = new SecretsTwin();
  const recording: Promise<unknown>[] = [];
  const refusals = new RefusalLog(({ action, subject, reason, method, address }, count) => {
    const detail = { reason, method, count };
    recording.push(store.appendAudit({ action, actor: address, subject, outcome: 'denied', detail }));
  }, clock);
  const generations = new Generations([], {
    seal: await loadGenerationSeal(new Uint8Array(32).fill(7)),
    settings: { onFork: 'quarantine' },
    ...{ fleet, store, refusals, wakeUps, clock },
  });
  const failures: unknown[] = [];
  const whileSecretsStayed: { opened: number; published: number }[] = [];
  const publishingWith = (live: LivePolicy) =>
    new Publishing({
      paths,
      store,
      secrets,
      guard: makeGuard([paths.root]),
      live,
      wakeUps,
      async whileSecretsStay(work) {
        const [opened, published] = [secrets.opened.length, (await store.listPublications()).length];
        const result = await work();
        whileSecretsStayed.push({
          opened: secrets.opened.length - opened,
          published: (await store.listPublications()).length - published,
        });
        return result;
      },
      onError: (error) => void failures.push(error),
    });
  const publishing = publishingWith(live);
  const lines: string[] = [];
  const log = pino({}, { write: (line: string) => void lines.push(line) });
  const context: AppContext = {
    tls: server,
    authority: { ca },
    agentProgram: new AgentProgram(join(paths.root, 'vigo.mjs')),
    trustDomain: TRUST_DOMAIN,
    trust: { position: { number: 0, head: NO_HEAD, policyKey: signer.publicKey }, statementsFrom: () => [] },
    settings: { certificateTtlMs: 30 * DAY_MS, recoveryWindowMs: 90 * DAY_MS },
    verifier: createRequestVerifier({
      ed25519,
      instance,
      clock,
      lookup: (id) => fleet.get(id),
      revocationOf: revocationProver(signer),
    }),
    grpcPort: 1530,
    store,
    fleet,
    generations,
    live,
    refusals,
    clock,
    wakeUps,
    disconnect: (id) => void disconnected.push(id),
    publishing,
    authorizer: new Authorizer(API_TOKEN, refusals),
    limits,
    log,
    faults: new FaultLog(log, clock),
    claims,
    health,
  };
  const app = httpsApp(context);
  t.teardown(async () => {
    await app.close();
    await store.close();
  });
  return {
    ...{
      clock,
      store,
      fleet,
      generations,
      live,
      publishing,
      paths,
      ca,
      app,
      context,
      wakeUps,
      disconnected,
      instance,
      secrets,
      failures,
      health,
      whileSecretsStayed,
    },
    log: () => lines.join(''),
    async refusals() {
      refusals.settleAll();
      await Promise.all(recording);
      const entries = (await store.listAudit({ limit: 1000 })).map(({ bytes }) => decodeEntry(bytes));
      return entries
        .filter(({ outcome }) => outcome === 'denied')
        .map(({ action, detail }) => [action, detail?.reason, detail?.count].filter(Boolean).join(' '));
    },
    async entries(action) {
      return (await store.listAudit({ limit: 1000, action })).map(({ bytes }) => decodeEntry(bytes));
    },
    async restart() {
      const fresh = new LivePolicy(signer, await marks(), await store.epoch(), clock);
      return { publishing: publishingWith(fresh), live: fresh };
    },
  };
}

/** A machine that wants to enroll, with keys of its own. */
export interface Machine {
  readonly signer: Ed25519Signer;
  readonly tlsKey: KeyObject;
  readonly tlsPublicKey: Uint8Array;
}

export async function makeMachine(namedCurve = 'prime256v1'): Promise<Machine> {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve });
  return {
    signer: (await loadEd25519()).generateSigner(),
    tlsKey: privateKey,
    tlsPublicKey: publicKey.export({ type: 'spki', format: 'der' }),
  };
}

/** What a machine sends: honest unless something else is asked for. */
export function enrollmentOf(machine: Machine, token: string, hostName = 'web-1'): EnrollmentRequest {
  const { secret, caHash } = parseToken(token);
  const transcript = enrollmentTranscript({
    tokenSecret: secret.expose(),
    caHash,
    hostName,
    ed25519PublicKey: machine.signer.publicKey,
    tlsPublicKey: machine.tlsPublicKey,
  });
  return {
    token,
    host_name: hostName,
    ed25519_public_key: toBase64Url(machine.signer.publicKey),
    tls_public_key: toBase64Url(machine.tlsPublicKey),
    ed25519_proof: toBase64Url(machine.signer.sign(transcript)),
    tls_proof: toBase64Url(sign('sha256', transcript, { key: machine.tlsKey, dsaEncoding: 'der' })),
  };
}

export interface Answer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: what a test reads off JSON
  readonly body: any;
  readonly headers: Readonly<Record<string, unknown>>;
}

export async function send(
  { app }: Pick<Kit, 'app'>,
  method: 'GET' | 'POST',
  url: string,
  options: { body?: unknown; token?: string; from?: string; raw?: string; headers?: Record<string, string> } = {},
): Promise<Answer> {
  const { body, token, from = '192.0.2.1', raw } = options;
  const answer = await app.inject({
    method,
    url,
    remoteAddress: from,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(raw === undefined ? {} : { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(raw !== undefined ? { payload: raw } : body === undefined ? {} : { payload: body as object }),
  });
  const isJson = String(answer.headers['content-type']).startsWith('application/json');
  return { status: answer.statusCode, body: isJson ? answer.json() : answer.payload, headers: answer.headers };
}

/** The API as the local administrator calls it. */
export function admin(kit: Pick<Kit, 'app'>, method: 'GET' | 'POST', path: string, body?: unknown): Promise<Answer> {
  return send(kit, method, `/api/v1${path}`, { token: API_TOKEN, ...(body === undefined ? {} : { body }) });
}

/** A new enrollment token, made the way an operator does. */
export async function newToken(
  kit: Pick<Kit, 'app'>,
  match: string | null = null,
  ttlMs = 3_600_000,
): Promise<{ token: string; id: string }> {
  const { body } = await admin(kit, 'POST', '/enrollment-tokens', { ttl_ms: ttlMs, match });
  return body;
}

export function stackFile(kit: Pick<Kit, 'paths'>, name: string): string {
  return join(kit.paths.stacks, name);
}
