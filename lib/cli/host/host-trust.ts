import { X509Certificate } from 'node:crypto';
import { systemClock } from '../../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../crypto/index.js';
import type { ServerKeyChange, VaultPlace } from '../../vault/index.js';
import type { SignedStatement } from '../../wire/index.js';
import { readCertificate, withPkiLock } from './certificates.js';
import type { CommandContext } from './context.js';

/** What the next statement says otherwise than the last one. */
export interface NextStatement {
  /** The successor of the policy key, and of the checkpoint key with it. */
  readonly keys?: { readonly policy: Ed25519Signer; readonly checkpoint: Ed25519Signer };
  /** CA certificates, DER, the oldest first; 1 to 4. */
  readonly authorities?: readonly Uint8Array[];
}

/** This host's chain of trust, with everything that another statement takes. */
export interface HostTrust {
  readonly trustDomain: string;
  readonly place: VaultPlace;
  readonly change: ServerKeyChange;
  /** The number that the next statement has. */
  readonly next: number;
  /** The CAs that count, the oldest first; the last one is the one that signs. */
  readonly authorities: readonly X509Certificate[];
  readSigner(key: string): Promise<Ed25519Signer>;
  /** @returns the chain with another statement. It counts once it is written. */
  announce(statement: NextStatement): Promise<readonly SignedStatement[]>;
}

/**
 * Lets one command at a time add to the chain of trust, after what a crash left unfinished.
 * @throws FilesError `held`, VaultError, WireError, CliError as `context.store`
 */
export async function withHostTrust<T>(context: CommandContext, work: (trust: HostTrust) => Promise<T>): Promise<T> {
  const { home, store } = context;
  const [identity, wire, { serverKeyChange }] = await Promise.all([
    import('../../identity/index.js'),
    import('../../wire/index.js'),
    import('./vault.js'),
  ]);
  const places = await context.places();
  const trustDomain = await (await store()).trustDomain();
  const { place, change, close } = serverKeyChange(context, places);
  try {
    return await withPkiLock(context, async () => {
      await settleServerKeys(place, change, home.trust);
      const present = new X509Certificate(await readCertificate(places.tls.ca));
      const chain = await identity.readTrustFile(home.trust);
      const authorities = identity.authoritiesOf(chain, present.raw);
      const policy = await readServerSigner(place, 'policy');
      try {
        const { number, head: previous } = await identity.endOfChain(chain, policy.publicKey);
        const next = number + 1;
        return await work({
          ...{ trustDomain, place, change, next },
          authorities: authorities.map((der) => new X509Certificate(der)),
          readSigner: (key) => readServerSigner(place, key),
          async announce(statement) {
            const keys = statement.keys ?? { policy, checkpoint: await readServerSigner(place, 'checkpoint') };
            const signed = await wire.signStatement(
              {
                ...{ trustDomain, number: next, previous, issuedAtMs: systemClock.nowMs() },
                ...{ policyKey: keys.policy.publicKey, checkpointKey: keys.checkpoint.publicKey },
                authorities: statement.authorities ?? authorities,
              },
              policy,
              keys.policy,
            );
            if (statement.keys === undefined) keys.checkpoint.dispose();
            return [...chain, signed];
          },
        });
      } finally {
        policy.dispose();
      }
    });
  } finally {
    await close();
  }
}

/** Finishes what a crash cut short: a successor that a statement names takes the place; without one it waits. */
export async function settleServerKeys(place: VaultPlace, change: ServerKeyChange, trustPath: string): Promise<void> {
  const [{ readTrustFile }, { promoteServerKey, VaultError }, { readStatement }] = await Promise.all([
    import('../../identity/index.js'),
    import('../../vault/index.js'),
    import('../../wire/index.js'),
  ]);
  const last = (await readTrustFile(trustPath)).at(-1);
  if (last === undefined) return;
  const { policyKey, checkpointKey } = readStatement(last.statement);
  for (const [name, publicKey] of [
    ['checkpoint', checkpointKey],
    ['policy', policyKey],
  ] as const) {
    const next = await readServerSigner(place, `${name}-next`).catch((cause) => {
      if (cause instanceof VaultError && cause.code === 'not_found') return undefined;
      throw cause;
    });
    const isNamed = next !== undefined && Buffer.compare(next.publicKey, publicKey) === 0;
    next?.dispose();
    if (isNamed) await promoteServerKey(place, `${name}-next`, name, change);
  }
}

/** The caller disposes of it. @throws VaultError as `readServerKey` */
export async function readServerSigner(place: VaultPlace, name: string): Promise<Ed25519Signer> {
  const { readServerKey } = await import('../../vault/index.js');
  const seed = await readServerKey(place, name);
  try {
    return (await loadEd25519()).importSigner(seed.expose());
  } finally {
    seed.dispose();
  }
}
