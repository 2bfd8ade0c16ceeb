export type { VaultOptions } from './access.js';
export type { BackupRecipient, RecipientList } from './backup-recipients.js';
export { VaultError, type VaultErrorCode } from './errors.js';
export { type CopiedFile, openVaultCopy, type VaultCopy } from './examine/copy.js';
export { type Examination, type ExaminationOptions, examineVault } from './examine/examine.js';
export type { FileProblem } from './examine/examine-name.js';
export { removeSnapshot, type Snapshot, type SnapshotFile, snapshotFolder } from './examine/snapshot.js';
export { type VaultLayout, type VaultPlace, vaultLayout } from './format/layout.js';
export type { OpenedSecret } from './format/stored-file.js';
export { MAX_VALUE_BYTES, type SecretKind } from './format/vault-file.js';
export { UNLOCK_IDLE_MS } from './gate/gate.js';
export { type GateState, gateState } from './gate/gate-state.js';
export type { Initialization } from './init.js';
export type { VaultAction, VaultJournal, VaultJournalEntry } from './journal.js';
export type { VaultLock } from './lock.js';
export { openSecretReader, type SecretReader } from './reader.js';
export type { Rekeyed, RekeyOptions } from './rekey.js';
export type { DamagedVersion, GoneVersions, SecretHistory, SecretVersion } from './secrets/history.js';
export type { ListedSecret } from './secrets/listing.js';
export { PASSWORD_RULE } from './secrets/password-rule.js';
export { demandVersion, type WriteCondition } from './secrets/secret-files.js';
export {
  addServerKey,
  addWatchKey,
  promoteServerKey,
  readServerKey,
  type ServerKeyChange,
} from './server-keys.js';
export { type BackupOptions, openVault, type RegisteredKey, type SetOptions, type Vault } from './vault.js';
