import { type Clock, type EnvoyId, equalBytes, type HostName, type Labels } from '../base/index.js';
import type { AuditLog, EntryDraft } from './audit-log.js';
import type { Connection, Statement } from './driver.js';
import { StoreError } from './errors.js';
import { blob, json, optional, type Row } from './rows.js';

/** What an envoy says about its machine. Nothing is decided by it (D0). */
export type Traits = Readonly<Record<string, string>>;

export interface Certificate {
  readonly serial: string;
  readonly notAfterMs: number;
}

export interface Envoy {
  readonly id: EnvoyId;
  readonly hostName: HostName;
  /** Active ones may speak to the server; a revoked one is the tombstone of its UUID and key (T3). */
  readonly status: 'active' | 'revoked';
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array;
  /** SHA-256 of the SubjectPublicKeyInfo of its TLS key, 32 bytes. */
  readonly tlsPublicKeyHash: Uint8Array;
  /** Those of its token. */
  readonly labels: Labels;
  readonly enrolledAtMs: number;
  readonly enrolledFrom: string;
  /** The newest one. */
  readonly certificate: Certificate | undefined;
  readonly lastSeenAtMs: number | undefined;
  readonly traits: Traits | undefined;
  readonly revokedAtMs: number | undefined;
}

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
  readonly traits?: Traits;
}

export interface Revocation {
  /** False where the envoy was revoked already. */
  readonly changed: boolean;
  /** False where the audit entry couldn't be written: revoking is never blocked by that. */
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
    const envoy = this.#require(id);
    if (envoy.status === 'revoked') throw new StoreError('envoy_revoked', `the envoy ${id} is revoked`);
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

  recordCertificate(id: EnvoyId, { serial, notAfterMs }: Certificate): void {
    this.#require(id);
    this.#db
      .prepare('UPDATE envoys SET certificate_serial = ?, certificate_expires = ? WHERE id = ?')
      .run(serial, notAfterMs, id);
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
      `UPDATE envoys SET last_seen_at = max(coalesce(last_seen_at, 0), ?), traits = coalesce(?, traits) WHERE id = ?`,
    );
    for (const { id, lastSeenAtMs, traits } of sightings) {
      update.run(lastSeenAtMs, traits === undefined ? null : JSON.stringify(traits), id);
    }
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

  #all(sql: string): Envoy[] {
    return (this.#db.prepare(sql).all() as Row[]).map(toEnvoy);
  }
}

function one(select: Statement, key: string | Uint8Array): Envoy | undefined {
  const row = select.get(key) as Row | undefined;
  return row === undefined ? undefined : toEnvoy(row);
}

function toEnvoy(row: Row): Envoy {
  const serial = optional<string>(row.certificate_serial);
  const traits = optional<string>(row.traits);
  return {
    id: row.id as EnvoyId,
    hostName: row.host_name as HostName,
    status: row.revoked_at === null ? 'active' : 'revoked',
    publicKey: blob(row.ed25519_public_key),
    tlsPublicKeyHash: blob(row.tls_public_key_hash),
    labels: json<Labels>(row.labels),
    enrolledAtMs: row.enrolled_at as number,
    enrolledFrom: row.enrolled_from as string,
    certificate: serial === undefined ? undefined : { serial, notAfterMs: row.certificate_expires as number },
    lastSeenAtMs: optional<number>(row.last_seen_at),
    traits: traits === undefined ? undefined : json<Traits>(traits),
    revokedAtMs: optional<number>(row.revoked_at),
  };
}
