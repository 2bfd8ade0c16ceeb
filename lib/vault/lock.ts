/** Lets one process at a time work on the vault. What holds it must let go when its owner dies. */
export interface VaultLock {
  exclusively<T>(work: () => Promise<T>): Promise<T>;
}
