import type { Command } from '../../console/command.js';
import { tlsDirOption } from '../../host/certificates.js';
import { settleServerKeys, withHostTrust } from '../../host/host-trust.js';

const KEYS = ['policy', 'checkpoint'] as const;

export const command: Command = {
  usage: 'pki rotate-keys',
  summary: 'Replace the policy and checkpoint keys; envoys follow by a statement that the old key signs',
  options: [tlsDirOption],
  examples: ['pki rotate-keys'],
  async run(context) {
    const { home, store, actor, note } = context;
    const [{ writeTrustFile }, { addServerKey, addWatchKey }] = await Promise.all([
      import('../../../identity/index.js'),
      import('../../../vault/index.js'),
    ]);
    const database = await store();
    await withHostTrust(context, async ({ next: number, place, change, readSigner, announce }) => {
      const entry = { action: 'pki.keys_rotated', actor, subject: home.trust, detail: { number } } as const;
      await database.appendAudit({ ...entry, outcome: 'intent' });
      // Of a home whose server hasn't started since the key has been stored: from the successor it would be another one.
      await addWatchKey(place, 'policy', change);
      for (const key of KEYS) await addServerKey(place, `${key}-next`, change);
      const keys = { policy: await readSigner('policy-next'), checkpoint: await readSigner('checkpoint-next') };
      const chain = await announce({ keys });
      for (const signer of Object.values(keys)) signer.dispose();
      // From here on the successor is the key, whatever name it has.
      await writeTrustFile(home.trust, chain);
      await settleServerKeys(place, change, home.trust);
      await database.appendAudit({ ...entry, outcome: 'done' });
      note(`the policy and checkpoint keys have successors, by statement ${number} of ${home.trust}`);
      note('a vigosrv that runs takes them by itself; machines follow when they next check in, however late');
    });
  },
};
