import { type HomePaths, systemClock } from '../base/index.js';
import { openExclusiveLock, type Store } from '../store/index.js';
import { openVault, type Vault, type VaultJournalEntry, type VaultLock } from '../vault/index.js';

interface VaultHere {
  readonly home: HomePaths;
  readonly secretsDir: string;
  readonly keyFile: string;
  /** The host's database; made only where the vault itself is being made. */
  readonly store: (options: { create: boolean }) => Promise<Store>;
  readonly actor: string;
}

/** The vault of this host: locked against other processes by a file below `run`, recorded in the host's database. */
export function openVaultHere({ home, secretsDir, keyFile, store, actor }: VaultHere): {
  vault: Vault;
  close(): Promise<void>;
} {
  let lock: Awaited<ReturnType<typeof openExclusiveLock>> | undefined;
  // Opened when first needed, so that a verb that finds nothing to do leaves nothing behind.
  const vaultLock: VaultLock = {
    async exclusively(work) {
      lock ??= await openExclusiveLock(home.vaultLock);
      return lock.exclusively(work);
    },
  };
  const vault = openVault({
    secretsDir,
    keyFile,
    keysDir: home.keys,
    lock: vaultLock,
    journal: {
      async record(entry) {
        const begins = entry.action === 'vault.initialized';
        await record(await store({ create: begins }), { ...entry, actor });
      },
    },
    clock: systemClock,
    actor,
  });
  return { vault, close: async () => lock?.close() };
}

/** The log begins with the vault: the intent to initialize it is the first entry, and names the trust domain. */
async function record(store: Store, entry: VaultJournalEntry & { actor: string }): Promise<void> {
  if (entry.action === 'vault.initialized' && (await store.auditHead()).size === 0) {
    const { drawTrustDomain } = await import('../pki/index.js');
    const trustDomain = drawTrustDomain();
    await store.genesis(trustDomain, { ...entry, detail: { ...entry.detail, trust_domain: trustDomain } });
  } else {
    await store.appendAudit(entry);
  }
}
