import { existsSync } from 'node:fs';
import { type HomePaths, systemClock } from '../../base/index.js';
import type { Places } from '../../settings/index.js';
import { openExclusiveLock, type Store } from '../../store/index.js';
import {
  openVault,
  type ServerKeyChange,
  type Vault,
  type VaultJournalEntry,
  type VaultLock,
  type VaultPlace,
} from '../../vault/index.js';

interface VaultHere {
  readonly home: HomePaths;
  readonly secretsDir: string;
  readonly keyFile: string;
  readonly store: () => Promise<Store>;
  /** Whether the vault is about to be made, so that a verb that needs one leaves nothing behind where there is none. */
  readonly create: boolean;
  readonly actor: string;
}

/** The vault of this host: locked against other processes by a file below `run`, recorded in the host's database. */
export function openVaultHere({ home, secretsDir, keyFile, store, create, actor }: VaultHere): {
  vault: Vault;
  close(): Promise<void>;
} {
  let lock: Awaited<ReturnType<typeof openExclusiveLock>> | undefined;
  const vaultLock: VaultLock = {
    async exclusively(work) {
      // Without a master key no verb goes on but `init`, and the lock's file would be the only thing it leaves.
      if (!create && !existsSync(keyFile)) return work();
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
        await record(await store(), { ...entry, actor });
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
    const { drawTrustDomain } = await import('../../pki/index.js');
    const trustDomain = drawTrustDomain();
    await store.genesis(trustDomain, { ...entry, detail: { ...entry.detail, trust_domain: trustDomain } });
  } else {
    await store.appendAudit(entry);
  }
}

/** What a change of the server's own keys takes. */
export function serverKeyChange(
  { home, actor }: { readonly home: HomePaths; readonly actor: string },
  { secretsDir, keyFile }: Pick<Places, 'secretsDir' | 'keyFile'>,
): {
  place: VaultPlace;
  change: ServerKeyChange;
  close(): Promise<void>;
} {
  let lock: Awaited<ReturnType<typeof openExclusiveLock>> | undefined;
  const vaultLock: VaultLock = {
    async exclusively(work) {
      lock ??= await openExclusiveLock(home.vaultLock);
      return lock.exclusively(work);
    },
  };
  const place = { secretsDir, keyFile, keysDir: home.keys };
  const change = { lock: vaultLock, createdMs: systemClock.nowMs(), by: actor };
  return { place, change, close: async () => lock?.close() };
}
