import { StoreError } from '../errors.js';
import type { Connection, Statement } from '../sqlite/driver.js';
import type { AuditLog, EntryDraft } from './audit-log.js';

/** What the fleet is, once and for all. */
export class Fleet {
  readonly #log: AuditLog;
  readonly #select: Statement;
  readonly #insert: Statement;

  constructor(db: Connection, log: AuditLog) {
    this.#log = log;
    this.#select = db.prepare('SELECT trust_domain FROM fleet').pluck();
    this.#insert = db.prepare('INSERT INTO fleet (one, trust_domain) VALUES (1, ?)');
  }

  genesis(trustDomain: string, entry: EntryDraft): void {
    if (this.#select.get() !== undefined) {
      throw new StoreError('already_initialized', 'this database has its trust domain already');
    }
    this.#insert.run(trustDomain);
    this.#log.append(entry);
  }

  trustDomain(): string {
    const trustDomain = this.#select.get();
    if (trustDomain !== undefined) return trustDomain as string;
    throw new StoreError('not_initialized', 'this host has no vault yet', {
      hint: 'make it with: vigocli secrets init',
    });
  }
}
