import type { EnvoyId, HostName, KeyName } from '../base/index.js';
import type { RunReport } from '../wire/index.js';
import type { AuditQuery, ChainState, EntryDraft, StoredEntry } from './tables/audit-log.js';
import type { Enrollment, EnrollmentOutcome } from './tables/enrollment.js';
import type { Certificate, Envoy, Fork } from './tables/envoy.js';
import type { CertificateRenewal, Revocation, Sighting } from './tables/envoys.js';
import type { NewlyPublished, NewPublication, Publication, Published } from './tables/publications.js';
import type { SecretChange } from './tables/secrets-epoch.js';
import type { NewToken, Token } from './tables/tokens.js';

/**
 * The database as whole operations. Each is one transaction, and what changes something commits together with its
 * audit entry: where that can't be written nothing happens (A1). Times in results are milliseconds since 1970.
 *
 * Every operation rejects with a StoreError: `busy`, `full`, `corrupt` or `unavailable` whatever it is, `not_recorded`
 * where it takes an entry, and what its own comment says.
 */
export interface Store extends StoreReads, StoreWrites {
  /** Waits for what is under way. Later calls reject with `unavailable`. */
  close(): Promise<void>;
}

export interface StoreReads {
  /** @throws StoreError `not_initialized` before genesis. */
  trustDomain(): Promise<string>;

  auditHead(): Promise<ChainState>;
  /** The newest entries, or those behind a known one; always with the oldest first. */
  listAudit(query: AuditQuery): Promise<StoredEntry[]>;
  /** At most `limit` entries from `fromSeq` on, and the head of the log at the same moment: for verification. */
  readAudit(fromSeq: number, limit: number): Promise<{ entries: StoredEntry[]; head: ChainState }>;

  /** The revoked ones, too; by host name. */
  listEnvoys(): Promise<Envoy[]>;
  activeEnvoys(): Promise<Envoy[]>;
  /** By host name the active envoy, or else the one that was revoked last. */
  getEnvoy(idOrHostName: string): Promise<Envoy | undefined>;

  /** The newest first, whatever became of them. */
  listTokens(): Promise<Token[]>;

  currentPublication(): Promise<Publication | undefined>;
  /** The newest first. */
  listPublications(): Promise<Publication[]>;

  /** 0 before anything was published. */
  epoch(): Promise<number>;
  /** The version of each secret that the epoch was last raised for. */
  secretVersions(): Promise<Map<KeyName, number>>;

  /** The newest first. */
  listRuns(envoyId: EnvoyId, limit: number): Promise<RunReport[]>;
}

export interface StoreWrites {
  /** Gives a new database its trust domain. @throws StoreError `already_initialized` */
  genesis(trustDomain: string, entry: EntryDraft): Promise<void>;

  /** Records what isn't an operation of the database. @returns the entry's sequence number */
  appendAudit(entry: EntryDraft): Promise<number>;

  /** @throws StoreError `token_exists` */
  createToken(token: NewToken, entry: EntryDraft): Promise<void>;
  /**
   * Ends a token, also for the machine that used it and might ask again.
   * @returns false where that was done before
   * @throws StoreError `token_not_found`
   */
  revokeToken(id: string, entry: EntryDraft): Promise<boolean>;
  /**
   * Makes an envoy of whoever holds an unused token. The same machine gets the same answer again within the token's
   * lifetime. A refusal is a result, recorded as `enrollment.refused` with its reason, unless it says that there
   * were too many of tokens that nobody made; the others as `envoy.enrolled`.
   */
  consumeTokenAndEnroll(enrollment: Enrollment): Promise<EnrollmentOutcome>;

  /**
   * Raises the epoch: what follows from the name is another policy, and an agent takes no step back.
   * @returns the new epoch
   * @throws StoreError `envoy_not_found`, `envoy_revoked`, `host_taken`
   */
  renameEnvoy(id: EnvoyId, hostName: HostName, entry: EntryDraft): Promise<number>;
  /**
   * Expels an envoy for good: its UUID and its key stay refused. Once more changes nothing. It happens even where it
   * can't be recorded, as do the next two. @throws StoreError `envoy_not_found`
   */
  revokeEnvoy(id: EnvoyId, entry: EntryDraft): Promise<Revocation>;
  /** Takes an envoy's secrets away until it is released. @throws StoreError `envoy_not_found`, `envoy_revoked` */
  quarantineEnvoy(id: EnvoyId, entry: EntryDraft): Promise<Revocation>;
  /** Keeps what is known of a fork, in place of what was known before. @throws StoreError as `quarantineEnvoy` */
  recordFork(
    id: EnvoyId,
    fork: Fork,
    options: { readonly quarantine: boolean },
    entry: EntryDraft,
  ): Promise<Revocation>;
  /**
   * Ends a quarantine, forgets a fork, and with it the generations. Where there is none of these nothing
   * is recorded. @throws StoreError `envoy_not_found`, `envoy_revoked`
   */
  releaseEnvoy(id: EnvoyId, entry: EntryDraft): Promise<{ changed: boolean }>;
  /** @throws StoreError `envoy_not_found` */
  recordCertificate(id: EnvoyId, certificate: Certificate): Promise<void>;
  /**
   * Records the certificate and key that take the place of an envoy's present ones, and adds to the entry whether those
   * had ended. @throws StoreError `envoy_not_found`, `envoy_revoked`, `certificate_lapsed`, `tls_key_known`
   */
  renewCertificate(renewal: CertificateRenewal, entry: EntryDraft): Promise<void>;
  /** Not recorded in the log; for batches. */
  touchEnvoys(sightings: readonly Sighting[]): Promise<void>;

  /**
   * Draws the next version and a policy version, raises the epoch, and adds all three to the entry. The last two are the
   * time in ms at least.
   */
  publish(publication: NewPublication, entry: EntryDraft): Promise<NewlyPublished>;
  /**
   * Catches up with what an earlier database that was put back has forgotten: makes the live config live again, under a
   * version and an epoch above those that envoys were given, and withdraws the tokens that nobody had used, because
   * somebody may have since: those that were made before `given`, whose numbers are the times in ms at which they were drawn.
   */
  overtake(given: Published, actor: string, entry: EntryDraft): Promise<Published>;
  /** @returns the new epoch */
  bumpEpoch(entry?: EntryDraft): Promise<number>;
  /** Takes note of changed secrets and raises the epoch, together. @returns the new epoch */
  recordSecretVersions(changes: readonly SecretChange[], entry: EntryDraft): Promise<number>;

  /** `saved` is false where that run was known already. Keeps the newest 200 of each envoy, 8 MiB of them at most. */
  saveRun(envoyId: EnvoyId, report: RunReport): Promise<{ saved: boolean }>;
}
