export { type AuditAction, auditActions, isAuditAction } from './catalogue.js';
export { type AppendedEntry, AuditChain, type ChainState, loadAuditChain } from './chain.js';
export { type AuditDraft, type AuditEntry, type AuditOutcome, decodeEntry, MAX_ENTRY_BYTES } from './entry.js';
export { AuditError, type AuditErrorCode } from './errors.js';
export { type Frontier, MerkleTree } from './merkle-tree.js';
export {
  type LogPage,
  type LogProblem,
  type LogVerdict,
  type ReadLogPage,
  type StoredEntry,
  verifyLog,
} from './verify-log.js';
