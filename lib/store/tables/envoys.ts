import { type Clock, type EnvoyId, equalBytes, type HostName, type Labels } from '../../base/index.js';
import { StoreError } from '../errors.js';
import type { Connection, Statement } from '../sqlite/driver.js';
import type { Row } from '../sqlite/rows.js';
import type { AuditLog, EntryDraft } from './audit-log.js';
import {
  type AgentInfo,
  type Certificate,
  type Envoy,
  type Fork,
  type Generation,
  type Traits,
  toEnvoy,
} from './envoy.js';

/** A new certificate in the place of the one that an envoy had. */
export interface CertificateRenewal {
  readonly id: EnvoyId;
  readonly certificate: Certificate;
  /** SHA-256 of the SubjectPublicKeyInfo that it certifies, 32 bytes. */
  readonly tlsPublicKeyHash: Uint8Array;
  /** The earliest end of the present certificate after which it can still be renewed. */
  readonly earliestEndMs: number;
}

/** An envoy that was in contact. */
export interface Sighting {
  readonly id: EnvoyId;
  readonly lastSeenAtMs: number;
  /** Left as they are where not given. */
  readonly traits?: Traits | undefined;
  readonly agent?: AgentInfo | undefined;
  /** When it was told to check in again, in ms. */
  readonly checkInIntervalMs?: number | undefined;
  readonly generation?: Generation | undefined;
}

/** What became of an order to revoke an envoy, or to put it into quarantine. */
export interface Revocation {
  /** False where that was done before. */
  readonly changed: boolean;
  /** False where the audit entry couldn't be written: neither is ever blocked by that. */
  readonly recorded: boolean;
}

export class Envoys {
  readonly #db: Connection;
  readonly #log: AuditLog;
  readonly #clock: Clock;
  readonly #selectById: Statement;
  readonly #selectByHostName: Statement;
  readonly #selectActive: Statement;
  readonly #selectByKey: Statement;

  constructor(db: Connection, log: AuditLog, clock: Clock) {
    this.#db = db;
    this.#log = log;
    this.#clock = clock;
    this.#selectById = db.prepare('SELECT * FROM envoys WHERE id = ?');
    // An active one first, or else the one that was revoked last.
    this.#selectByHostName = db.prepare(
      'SELECT * FROM envoys WHERE host_name = ? ORDER BY revoked_at DESC NULLS FIRST LIMIT 1',
    );
    this.#selectActive = db.prepare('SELECT * FROM envoys WHERE host_name = ? AND revoked_at IS NULL');
    this.#selectByKey = db.prepare('SELECT * FROM envoys WHERE ed25519_public_key = ?');
  }

  list(): Envoy[] {
    return this.#all('SELECT * FROM envoys ORDER BY host_name, enrolled_at');
  }

  active(): Envoy[] {
    return this.#all('SELECT * FROM envoys WHERE revoked_at IS NULL ORDER BY host_name');
  }

  get(idOrHostName: string): Envoy | undefined {
    return one(this.#selectById, idOrHostName) ?? one(this.#selectByHostName, idOrHostName);
  }

  byKey(publicKey: Uint8Array): Envoy | undefined {
    return one(this.#selectByKey, publicKey);
  }

  activeByHostName(hostName: HostName): Envoy | undefined {
    return one(this.#selectActive, hostName);
  }

  insert(envoy: Pick<Envoy, 'id' | 'hostName' | 'publicKey' | 'tlsPublicKeyHash'>, labels: Labels, from: string) {
    const { id, hostName, publicKey, tlsPublicKeyHash } = envoy;
    this.#db
      .prepare(
        `INSERT INTO envoys (id, host_name, ed25519_public_key, tls_public_key_hash, labels, enrolled_at, enrolled_from)
         VALUES (?, ?, ?, ?, ?, ?, ?)`,
      )
      .run(id, hostName, publicKey, tlsPublicKeyHash, JSON.stringify(labels), this.#clock.nowMs(), from);
  }

  replaceTlsKey(id: EnvoyId, tlsPublicKeyHash: Uint8Array): void {
    this.#db.prepare('UPDATE envoys SET tls_public_key_hash = ? WHERE id = ?').run(tlsPublicKeyHash, id);
  }

  rename(id: EnvoyId, hostName: HostName, entry: EntryDraft): void {
    this.#requireUnrevoked(id);
    const owner = this.activeByHostName(hostName);
    if (owner !== undefined && owner.id !== id) {
      throw new StoreError('host_taken', `the host name ${hostName} belongs to the envoy ${owner.id}`, {
        hint: 'rename or revoke that one first',
      });
    }
    this.#db.prepare('UPDATE envoys SET host_name = ? WHERE id = ?').run(hostName, id);
    this.#log.append(entry);
  }

  revoke(id: EnvoyId, entry: EntryDraft): Revocation {
    const envoy = this.#require(id);
    if (envoy.status === 'revoked') return { changed: false, recorded: true };
    this.#db.prepare('UPDATE envoys SET revoked_at = ? WHERE id = ?').run(this.#clock.nowMs(), id);
    return { changed: true, recorded: this.#tryAppend(entry) };
  }

  quarantine(id: EnvoyId, entry: EntryDraft): Revocation {
    const envoy = this.#requireUnrevoked(id);
    if (envoy.status === 'quarantined') return { changed: false, recorded: true };
    this.#putAside(id);
    return { changed: true, recorded: this.#tryAppend(entry) };
  }

  recordFork(id: EnvoyId, fork: Fork, { quarantine }: { quarantine: boolean }, entry: EntryDraft): Revocation {
    this.#requireUnrevoked(id);
    this.#db.prepare('UPDATE envoys SET fork = ? WHERE id = ?').run(JSON.stringify(fork), id);
    if (quarantine) this.#putAside(id);
    return { changed: true, recorded: this.#tryAppend(entry) };
  }

  /** Forgets what was confirmed: the state that the envoy comes with is the one it goes on from. */
  release(id: EnvoyId, entry: EntryDraft): { changed: boolean } {
    const envoy = this.#requireUnrevoked(id);
    if (envoy.status === 'active' && envoy.fork === undefined) return { changed: false };
    this.#db
      .prepare(
        `UPDATE envoys SET quarantined_at = NULL, fork = NULL, generation_issued = 0, generation_quoted = 0
         WHERE id = ?`,
      )
      .run(id);
    this.#log.append(entry);
    return { changed: true };
  }

  recordCertificate(id: EnvoyId, { serial, notAfterMs, issuer }: Certificate): void {
    this.#require(id);
    this.#db
      .prepare('UPDATE envoys SET certificate_serial = ?, certificate_expires = ?, certificate_issuer = ? WHERE id = ?')
      .run(serial, notAfterMs, issuer ?? null, id);
  }

  renewCertificate({ id, certificate, tlsPublicKeyHash, earliestEndMs }: CertificateRenewal, entry: EntryDraft): void {
    const envoy = this.#require(id);
    if (envoy.status === 'revoked') throw new StoreError('envoy_revoked', `the envoy ${id} is revoked`);
    // Where the first certificate was never recorded, because of a crash, the time counts from the enrollment.
    const endsAtMs = envoy.certificate?.notAfterMs ?? envoy.enrolledAtMs;
    if (endsAtMs < earliestEndMs) {
      throw new StoreError('certificate_lapsed', `the certificate ended at ${new Date(endsAtMs).toISOString()}`);
    }
    if (equalBytes(envoy.tlsPublicKeyHash, tlsPublicKeyHash)) {
      throw new StoreError('tls_key_known', `the envoy ${id} has a certificate over that key already`);
    }
    this.replaceTlsKey(id, tlsPublicKeyHash);
    this.recordCertificate(id, certificate);
    this.#log.append(entry, { recovered: endsAtMs <= this.#clock.nowMs() });
  }

  /** Unknown ids are passed over: a batch is not worth less because of one of them. */
  touch(sightings: readonly Sighting[]): void {
    const update = this.#db.prepare(
      `UPDATE envoys SET last_seen_at = max(coalesce(last_seen_at, 0), ?), traits = coalesce(?, traits),
         agent = coalesce(?, agent),
         check_in_interval = coalesce(?, check_in_interval),
         generation_issued = coalesce(?, generation_issued), generation_quoted = coalesce(?, generation_quoted)
       WHERE id = ?`,
    );
    for (const { id, lastSeenAtMs, traits, agent, checkInIntervalMs, generation } of sightings) {
      const said = traits === undefined ? null : JSON.stringify(traits);
      const { issued = null, quoted = null } = generation ?? {};
      const speaks = agent === undefined ? null : JSON.stringify(agent);
      update.run(lastSeenAtMs, said, speaks, checkInIntervalMs ?? null, issued, quoted, id);
    }
  }

  #putAside(id: EnvoyId): void {
    this.#db
      .prepare('UPDATE envoys SET quarantined_at = coalesce(quarantined_at, ?) WHERE id = ?')
      .run(this.#clock.nowMs(), id);
  }

  /** In a savepoint of its own, so that a failed entry leaves what was done before it. */
  #tryAppend(entry: EntryDraft): boolean {
    try {
      this.#db.transaction(() => this.#log.append(entry))();
      return true;
    } catch (error) {
      // Lost is only the entry, unless SQLite gave up the whole transaction.
      if (this.#db.inTransaction) return false;
      throw error;
    }
  }

  #require(id: EnvoyId): Envoy {
    const envoy = one(this.#selectById, id);
    if (envoy !== undefined) return envoy;
    throw new StoreError('envoy_not_found', `there is no envoy ${id}`, { hint: 'see them all: vigocli envoys list' });
  }

  #requireUnrevoked(id: EnvoyId): Envoy {
    const envoy = this.#require(id);
    if (envoy.status !== 'revoked') return envoy;
    throw new StoreError('envoy_revoked', `the envoy ${id} is revoked`, { hint: 'that is for good' });
  }

  #all(sql: string): Envoy[] {
    return (this.#db.prepare(sql).all() as Row[]).map(toEnvoy);
  }
}

function one(select: Statement, key: string | Uint8Array): Envoy | undefined {
  const row = select.get(key) as Row | undefined;
  return row === undefined ? undefined : toEnvoy(row);
}
