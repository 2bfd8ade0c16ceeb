import { X509Certificate } from 'node:crypto';
import { systemClock } from '../../../base/index.js';
import { type Ed25519Signer, loadEd25519 } from '../../../crypto/index.js';
import type { ServerKeyChange, VaultPlace } from '../../../vault/index.js';
import { readCertificate, tlsDirOption, withPkiLock } from '../../certificates.js';
import type { Command } from '../../command.js';

const KEYS = ['policy', 'checkpoint'] as const;

export const command: Command = {
  usage: 'pki rotate-keys',
  summary: 'Replace the policy and checkpoint keys; envoys follow by a statement that the old key signs',
  options: [tlsDirOption],
  examples: ['pki rotate-keys'],
  async run(context) {
    const { home, store, note } = context;
    const [identity, vault, wire, { serverKeyChange }] = await Promise.all([
      import('../../../identity/index.js'),
      import('../../../vault/index.js'),
      import('../../../wire/index.js'),
      import('../../vault.js'),
    ]);
    const places = await context.places();
    const { ca } = places.tls;
    const database = await store();
    const trustDomain = await database.trustDomain();
    const { place, change, close } = serverKeyChange(context, places);
    const read = (name: string) => readSigner(place, name);
    try {
      await withPkiLock(context, async () => {
        await settle(place, change, home.trust);
        const chain = await identity.readTrustFile(home.trust);
        const predecessor = await read('policy');
        const { number: last, head: previous } = await identity.endOfChain(chain, predecessor.publicKey);
        const number = last + 1;
        const entry = {
          action: 'pki.keys_rotated',
          actor: 'vigocli',
          subject: home.trust,
          detail: { number },
        } as const;
        await database.appendAudit({ ...entry, outcome: 'intent' });
        for (const key of KEYS) await vault.addServerKey(place, `${key}-next`, change);
        const own = await read('policy-next');
        const checkpoint = await read('checkpoint-next');
        const certificatePem = await readCertificate(ca);
        const statement = {
          ...{ trustDomain, number, previous, issuedAtMs: systemClock.nowMs() },
          ...{ policyKey: own.publicKey, checkpointKey: checkpoint.publicKey },
          authorities: [new X509Certificate(certificatePem).raw],
        };
        const signed = await wire.signStatement(statement, predecessor, own);
        for (const signer of [predecessor, own, checkpoint]) signer.dispose();
        // From here on the successor is the key, whatever name it has.
        await identity.writeTrustFile(home.trust, [...chain, signed]);
        await settle(place, change, home.trust);
        await database.appendAudit({ ...entry, outcome: 'done' });
        note(`the policy and checkpoint keys have successors, by statement ${number} of ${home.trust}`);
        note('a vigosrv that runs takes them by itself; machines follow when they next check in, however late');
      });
    } finally {
      await close();
    }
  },
};

/** Finishes what a crash cut short: a successor that a statement names takes the place; without one it waits. */
async function settle(place: VaultPlace, change: ServerKeyChange, path: string): Promise<void> {
  const [{ readTrustFile }, { promoteServerKey, VaultError }, { readStatement }] = await Promise.all([
    import('../../../identity/index.js'),
    import('../../../vault/index.js'),
    import('../../../wire/index.js'),
  ]);
  const last = (await readTrustFile(path)).at(-1);
  if (last === undefined) return;
  const { policyKey, checkpointKey } = readStatement(last.statement);
  for (const [name, publicKey] of [
    ['checkpoint', checkpointKey],
    ['policy', policyKey],
  ] as const) {
    const next = await readSigner(place, `${name}-next`).catch((cause) => {
      if (cause instanceof VaultError && cause.code === 'not_found') return undefined;
      throw cause;
    });
    const isNamed = next !== undefined && Buffer.compare(next.publicKey, publicKey) === 0;
    next?.dispose();
    if (isNamed) await promoteServerKey(place, `${name}-next`, name, change);
  }
}

async function readSigner(place: VaultPlace, name: string): Promise<Ed25519Signer> {
  const { readServerKey } = await import('../../../vault/index.js');
  const seed = await readServerKey(place, name);
  try {
    return (await loadEd25519()).importSigner(seed.expose());
  } finally {
    seed.dispose();
  }
}
