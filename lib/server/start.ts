import { join } from 'node:path';
import type { Logger } from 'pino';
import { type EnvoyId, type HomePaths, homePaths, type SteadyClock, toHex } from '../base/index.js';
import { loadEd25519, loadHmacSha256 } from '../crypto/index.js';
import { acquireProcessLock, ensureDir } from '../files/index.js';
import { makeGuard } from '../guard/index.js';
import { createInstance, createRequestVerifier, loadGenerationSeal, type RequestVerifier } from '../identity/index.js';
import { certificateHash, parseEnvoyUri } from '../pki/index.js';
import { formatPosition, WatchMarks } from '../policy/index.js';
import { type AgentServer, startAgentServer } from '../rpc/index.js';
import type { Settings } from '../settings/index.js';
import { claimingStore, type Envoy, openExclusiveLock, type Store } from '../store/index.js';
import { revocationProver } from '../wire/index.js';
import { networkOf } from './abuse/network.js';
import { RefusalLog } from './abuse/refusal-log.js';
import { AgentProgram } from './agents/agent-program.js';
import { Fleet } from './agents/fleet.js';
import { Generations } from './agents/generations.js';
import { RestoredDatabase, type RestoreNotice } from './agents/restored-database.js';
import { WakeUps } from './agents/wake-ups.js';
import { announceApi, mintLocalAdminToken } from './host/api-endpoint.js';
import { openGenerationKey } from './host/generation-key.js';
import { Health } from './host/health.js';
import { FaultLog, faultFields } from './host/log.js';
import type { KeyMaking } from './host/make-key.js';
import { type Materials, openMaterials } from './host/materials.js';
import { SettingsReload } from './host/settings-reload.js';
import { Shutdown } from './host/shutdown.js';
import { openStoreThread } from './host/store-thread.js';
import { toldStore } from './host/told-store.js';
import { openWatchKey } from './host/watch-key.js';
import { httpsApp, listen, useCertificate } from './http/app.js';
import { Authorizer } from './http/authorize.js';
import { Claims } from './http/claims.js';
import { LivePolicy } from './publishing/live-policy.js';
import { Publishing } from './publishing/publish.js';
import { SecretWatch } from './publishing/secret-watch.js';
import type { SecretsProvider } from './publishing/secrets-provider.js';
import { EnvoyLimits } from './rpc/envoy-limits.js';
import { agentHandlers } from './rpc/handlers.js';
import type { ServerTrust } from './trust/server-trust.js';
import type { TlsFiles } from './trust/tls-files.js';
import { TlsWatch } from './trust/tls-watch.js';
import { TrustWatch } from './trust/trust-watch.js';

const HOUSEKEEPING_MS = 60_000;
const GRACE_MS = 5_000;
const ACTOR = 'vigosrv';

export interface ServerOptions {
  /** The server's home folder. */
  readonly home: string;
  /** `server.yaml` somewhere else; it must exist then. */
  readonly settingsFile?: string | undefined;
  /** The path of this program; the agent's, which machines install, lies beside it. */
  readonly program: string;
  readonly log: Logger;
  readonly clock: SteadyClock;
}

export interface RunningServer {
  readonly grpcPort: number;
  readonly apiPort: number;
  /** Reads the settings again, and says in the log what became of them. Never rejects. */
  reload(): Promise<void>;
  /** Answers what was asked, writes down what is known, and ends every thread. */
  stop(): Promise<void>;
}

/**
 * Starts a server. What is missing or wrong is found, and named, before it listens.
 * @throws ServerError, or the error of the room whose file is wrong; nothing is left running then
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const shutdown = new Shutdown();
  const stop = () =>
    shutdown.run((error) =>
      options.log.error({ event: 'server.stop_failed', ...faultFields(error) }, 'a step of stopping failed'),
    );
  try {
    return { ...(await new Start(options, shutdown).run()), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** The parts of a server as they come up, each one's end noted the moment it begins. */
class Start {
  readonly #options: ServerOptions;
  readonly #shutdown: Shutdown;
  readonly #paths: HomePaths;
  readonly #faults: FaultLog;
  readonly #health: Health;
  readonly #claims = new Claims();
  readonly #wakeUps = new WakeUps();
  /** What takes other certificates into use. */
  readonly #onTls: ((files: TlsFiles) => Promise<void> | void)[] = [];

  constructor(options: ServerOptions, shutdown: Shutdown) {
    this.#options = options;
    this.#shutdown = shutdown;
    this.#paths = homePaths(options.home);
    this.#faults = new FaultLog(options.log, options.clock);
    this.#health = new Health(options.clock);
  }

  async run(): Promise<Omit<RunningServer, 'stop'>> {
    const { clock, log } = this.#options;
    const materials = await openMaterials(this.#paths, this.#options.settingsFile, this.#shutdown);
    await this.#lockHome();
    const opened = openStoreThread(materials.settings.databasePath);
    const store = claimingStore(toldStore(this.#health.watch(opened), log), () => this.#claims.get());
    this.#shutdown.add(() => store.close());
    const reloading = this.#openSettings(materials, store);
    const { settings } = reloading;
    const trustDomain = await store.trustDomain();

    const envoys = await store.listEnvoys();
    const fleet = new Fleet(envoys, clock);
    const watchKey = await openWatchKey(this.#keyMaking(materials, store), materials.trust.keyName);
    this.#shutdown.add(() => watchKey.dispose());
    const marks = new WatchMarks(await loadHmacSha256(), watchKey.expose());
    const live = new LivePolicy(materials.trust, marks, await store.epoch(), clock);
    const publishing = await this.#restorePolicy(store, live, materials.secrets);
    const versions = await this.#watchSecrets(store, live, materials.secrets);
    const refusals = this.#keepHouse(store, fleet);
    const generations = await this.#openGenerations(materials, envoys, { store, fleet, refusals, settings });

    const entry = { actor: ACTOR, subject: trustDomain, outcome: 'done' } as const;
    await store.appendAudit({ ...entry, action: 'server.started' });
    this.#shutdown.add(() => store.appendAudit({ ...entry, action: 'server.stopped' }));

    const verifier = createRequestVerifier({
      ed25519: await loadEd25519(),
      instance: createInstance(),
      clock,
      lookup: (id) => fleet.get(id),
      revocationOf: revocationProver(materials.trust),
    });
    const chain = await this.#watchTrust(materials.trust, store, live);
    const tls = await this.#watchTls(settings, materials, store, chain);
    const parts = { trustDomain, store, fleet, live, refusals, verifier, generations, tls };
    const restored = this.#noticeRestore(materials.trust, live, publishing);
    const grpc = await this.#serveAgents(settings, materials, { ...parts, versions, restored });
    const apiPort = await this.#servePeople(settings, materials, {
      ...parts,
      publishing,
      grpcPort: grpc.port,
      disconnect: (envoyId) => grpc.disconnect({ trustDomain, envoyId }),
    });
    return { grpcPort: grpc.port, apiPort, reload: () => reloading.reload() };
  }

  #openSettings({ settings, secrets }: Materials, store: Store): SettingsReload {
    const { settingsFile, log } = this.#options;
    const onChange = ({ logLevel }: Settings) => {
      log.level = logLevel;
    };
    return new SettingsReload(settings, {
      ...{ paths: this.#paths, settingsFile, secrets, store, actor: ACTOR, log, onChange },
    });
  }

  /** One server per home. */
  async #lockHome(): Promise<void> {
    await ensureDir(this.#paths.run, 0o700);
    const lock = await acquireProcessLock(join(this.#paths.run, 'vigosrv.lock'));
    this.#shutdown.add(() => lock.release());
    if (lock.weakness === undefined) return;
    this.#options.log.warn(
      { event: 'server.weak_lock', reason: lock.weakness },
      "a second server in another container isn't noticed",
    );
  }

  async #restorePolicy(store: Store, live: LivePolicy, secrets: SecretsProvider): Promise<Publishing> {
    const publishing = new Publishing({
      paths: this.#paths,
      store,
      secrets,
      guard: makeGuard([this.#paths.root]),
      live,
      wakeUps: this.#wakeUps,
      whileSecretsStay: (work) => this.#whileSecretsStay(work),
      onError: this.#report('config.link_failed', 'the link to the live config could not be set'),
    });
    for (const { hint, ...problem } of await publishing.restore()) {
      this.#options.log.warn(
        { event: 'config.incomplete', place: formatPosition(problem), hint },
        `the live config: ${problem.message}`,
      );
    }
    return publishing;
  }

  /** Holds the lock of those who write into the vault. */
  async #whileSecretsStay<T>(work: () => Promise<T>): Promise<T> {
    const lock = await openExclusiveLock(this.#paths.vaultLock);
    try {
      return await lock.exclusively(work);
    } finally {
      await lock.close();
    }
  }

  async #watchSecrets(store: Store, live: LivePolicy, secrets: SecretsProvider): Promise<SecretWatch> {
    const watch = new SecretWatch({
      secrets,
      store,
      live,
      wakeUps: this.#wakeUps,
      onError: this.#report('watch.secrets_failed', 'looking for changed secrets failed'),
    });
    this.#shutdown.add(() => watch.stop());
    await watch.start();
    return watch;
  }

  /** The certificates, replaced while the server runs by whoever writes other files that fit together. */
  async #watchTls(settings: Settings, { tls: files }: Materials, store: Store, chain: TrustWatch): Promise<TlsWatch> {
    const watch = new TlsWatch({
      paths: { ...settings.tls, trust: this.#paths.trust },
      files,
      onChange: async (files) => {
        // First, so that an envoy hears how far the chain leads before its connection ends.
        await chain.look();
        for (const use of this.#onTls) await use(files);
        const detail = {
          ca: fingerprint(files.ca.certificatePem),
          certificate: fingerprint(files.certificatePem),
          trusted: files.authorities.map(fingerprint),
        };
        const entry = { actor: ACTOR, subject: settings.tls.cert, outcome: 'done', detail } as const;
        await store.appendAudit({ ...entry, action: 'pki.certificates_loaded' });
      },
      // Once for each reason, and again where the same reason comes back.
      onProblem: (problem) => {
        const fields = { event: 'watch.certificates_failed', ...faultFields(problem) };
        this.#options.log.error(fields, "the certificate files can't be taken into use as they are");
      },
    });
    await watch.start();
    this.#shutdown.add(() => watch.stop());
    return watch;
  }

  #keyMaking({ place }: Materials, store: Store): KeyMaking {
    return { place, vaultLock: this.#paths.vaultLock, store, clock: this.#options.clock, actor: ACTOR };
  }

  async #openGenerations(
    materials: Materials,
    envoys: readonly Envoy[],
    parts: { store: Store; fleet: Fleet; refusals: RefusalLog; settings: Settings },
  ): Promise<Generations> {
    const { clock } = this.#options;
    const wasUsed = envoys.some(({ generation }) => generation.issued > 0);
    const key = await openGenerationKey(this.#keyMaking(materials, parts.store), wasUsed);
    this.#shutdown.add(() => key.dispose());
    const seal = await loadGenerationSeal(key.expose());
    return new Generations(envoys, { ...parts, seal, wakeUps: this.#wakeUps, clock });
  }

  #noticeRestore(trust: ServerTrust, live: LivePolicy, publishing: Publishing): RestoredDatabase {
    const onNotice = (notice: RestoreNotice) =>
      this.#options.log.warn(
        { event: 'database.behind', detail: notice },
        'an earlier database was restored: do again what was revoked, quarantined and renamed since',
      );
    return new RestoredDatabase({ trust, live, publishing, clock: this.#options.clock, actor: ACTOR, onNotice });
  }

  async #watchTrust(trust: ServerTrust, store: Store, live: LivePolicy): Promise<TrustWatch> {
    const watch = new TrustWatch({
      trust,
      path: this.#paths.trust,
      store,
      live,
      wakeUps: this.#wakeUps,
      actor: ACTOR,
      onError: this.#report(
        'watch.trust_failed',
        "the chain of trust can't be used; the server goes on with the one it has",
      ),
    });
    this.#shutdown.add(() => watch.stop());
    await watch.start();
    return watch;
  }

  /** What is written down now and then, and at the end: refusals that were only counted, and who was here. */
  #keepHouse(store: Store, fleet: Fleet): RefusalLog {
    const refusals = new RefusalLog(({ action, subject, reason, method, address }, count) => {
      const detail = { reason, method, count };
      store
        .appendAudit({ action, actor: address, subject, outcome: 'denied', detail })
        .catch(this.#report('audit.append_failed', 'a refusal could not be recorded'));
    }, this.#options.clock);
    const timer = setInterval(() => {
      refusals.settleOver();
      this.#faults.settleOver();
      store
        .touchEnvoys(fleet.takeSightings())
        .catch(this.#report('database.write_failed', 'the last sightings could not be written'));
    }, HOUSEKEEPING_MS);
    this.#shutdown.add(() => {
      clearInterval(timer);
      refusals.settleAll();
      return store.touchEnvoys(fleet.takeSightings());
    });
    return refusals;
  }

  async #serveAgents(
    settings: Settings,
    { secrets, trust }: Materials,
    parts: {
      trustDomain: string;
      store: Store;
      fleet: Fleet;
      live: LivePolicy;
      versions: SecretWatch;
      restored: RestoredDatabase;
      refusals: RefusalLog;
      verifier: RequestVerifier;
      tls: TlsWatch;
      generations: Generations;
    },
  ): Promise<AgentServer> {
    const { clock } = this.#options;
    const limits = new EnvoyLimits(settings, clock);
    const grpc = await startAgentServer({
      listen: settings.grpcListen,
      tls: agentTls(parts.tls.files),
      peerIdentity: parseEnvoyUri,
      isActive: ({ envoyId, trustDomain }) =>
        trustDomain === parts.trustDomain && envoyId !== undefined && parts.fleet.isMember(envoyId),
      handlers: agentHandlers({
        ...parts,
        clock,
        settings,
        log: this.#options.log,
        secrets,
        trust,
        signer: trust,
        wakeUps: this.#wakeUps,
        limits,
      }),
      networkOf,
      onError: this.#report('call.failed', 'a call of an agent failed'),
      onRefusedConnection: (reason, address = 'unknown') => {
        // Health checks and port scans would be most of the log. Whoever shows a certificate wants to be somebody.
        if (reason === 'no_handshake') return;
        parts.refusals.note({ action: 'request.rejected', subject: 'nobody', reason, method: 'connect', address });
      },
    });
    this.#onTls.push((files) => grpc.useTls(agentTls(files)));
    this.#shutdown.add(() => grpc.close({ graceMs: GRACE_MS }));
    this.#shutdown.add(() => this.#wakeUps.endAll());
    return grpc;
  }

  async #servePeople(
    settings: Settings,
    { trust }: Materials,
    parts: {
      trustDomain: string;
      store: Store;
      fleet: Fleet;
      live: LivePolicy;
      refusals: RefusalLog;
      verifier: RequestVerifier;
      tls: TlsWatch;
      generations: Generations;
      publishing: Publishing;
      grpcPort: number;
      disconnect: (id: EnvoyId) => void;
    },
  ): Promise<number> {
    const { clock, log } = this.#options;
    const token = mintLocalAdminToken();
    const app = httpsApp({
      ...parts,
      tls: parts.tls.files,
      authority: parts.tls,
      agentProgram: AgentProgram.beside(this.#options.program),
      authorizer: new Authorizer(token, parts.refusals),
      trust,
      settings,
      wakeUps: this.#wakeUps,
      clock,
      log,
      faults: this.#faults,
      health: this.#health,
      claims: this.#claims,
    });
    this.#shutdown.add(() => app.close());
    const address = await listen(app, settings.apiListen);
    const announce = ({ ca }: TlsFiles) => announceApi(this.#paths, { address, caPem: ca.certificatePem, token });
    let withdraw = await announce(parts.tls.files);
    // A certificate that is being taken into use would announce the server again after its end.
    this.#shutdown.add(async () => {
      await parts.tls.stop();
      await withdraw();
    });
    this.#onTls.push(async (files) => {
      useCertificate(app, files);
      withdraw = await announce(files);
    });
    return address.port;
  }

  #report(event: string, words: string): (error: unknown) => void {
    return (error) => this.#faults.note(event, error, words);
  }
}

function agentTls({ authorities, certificatePem, key }: TlsFiles) {
  return { certificatePem, key, caPem: authorities.join('') };
}

function fingerprint(certificatePem: string): string {
  return toHex(certificateHash(certificatePem));
}
