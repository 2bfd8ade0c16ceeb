export type { AuditChain, AuditQuery, ChainState, EntryDraft, StoredEntry } from './audit-log.js';
export { checkIntegrity } from './check-integrity.js';
export { connectStore } from './connect-store.js';
export type { StoreOptions } from './engine.js';
export type { Enrollment, EnrollmentOutcome, EnrollmentRefusal } from './enrollment.js';
export type {
  Certificate,
  CertificateRenewal,
  Envoy,
  Fork,
  Generation,
  Revocation,
  Sighting,
  Traits,
} from './envoys.js';
export { StoreError, type StoreErrorCode } from './errors.js';
export { type ExclusiveLock, type LockOptions, openExclusiveLock } from './exclusive-lock.js';
export { openStore } from './open-store.js';
export { type PinnedDatabase, pinDatabase } from './pin-database.js';
export type { NewPublication, Publication, Published } from './publications.js';
export type { SecretChange } from './secrets-epoch.js';
export { serveStore } from './serve-store.js';
export type { Store } from './store.js';
export type { NewToken, Token } from './tokens.js';
