/**
 * What a program needs that checks Vigo from outside: the audit log's entries, chain and tree, and what crosses the
 * wire. The crypto core has an entry of its own, `vigo/crypto`.
 */
export {
  type AuditEntry,
  decodeEntry,
  type LogPage,
  type LogVerdict,
  MerkleTree,
  type ReadLogPage,
  type StoredEntry,
  verifyLog,
} from './audit/index.js';
export { canonicalJson, decodeCanonical, encodeCanonical, VigoError } from './base/index.js';
export { type PolicyProblem, parseStacks, type Stacks } from './policy/index.js';
export { version } from './version.js';
export { openHead, openSealedAnswer, type PolicyHead, type SealedAnswer, type SignedHead } from './wire/index.js';
