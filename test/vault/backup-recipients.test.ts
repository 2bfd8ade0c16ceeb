import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { Vault } from '../../lib/vault/index.js';
import { HOUR_MS, inOrder, makeOpen } from './kit.js';

const OPS = { id: '0123456789abcdef', key: 'a-public-key' };
const THIEF = { id: 'fedcba9876543210', key: 'another-public-key' };

function backup(vault: Vault, recipient: { id: string; key: string }, seen: number): Promise<string> {
  return vault.backup({
    subject: 'a file',
    recipient: { ...recipient, seen },
    prepare: async () => ({}),
    pin: async () => {},
    copy: async () => 'copied',
  });
}

t.test('a locked vault is backed up for a registered recipient alone, and stays locked', async (t) => {
  const { vault } = await makeOpen(t, inOrder());
  await vault.addBackupRecipient({ ...OPS, seen: 0 });
  await vault.lock();
  t.equal(await backup(vault, OPS, 1), 'copied');
  t.notOk(existsSync(vault.layout.sentinelFile));
  await t.rejects(backup(vault, THIEF, 1), { code: 'locked' });
  await t.rejects(backup(vault, { id: OPS.id, key: THIEF.key }, 1), { code: 'locked' }, 'the id of another key');
  await t.rejects(vault.addBackupRecipient({ ...THIEF, seen: 1 }), { code: 'locked' });
  await t.rejects(vault.removeBackupRecipient(OPS.id, 1), { code: 'locked' });
  t.match(await vault.backupRecipients(1), { version: 1, recipients: [OPS] });
});

t.test('a nightly backup keeps no gate open', async (t) => {
  const { vault, clock } = await makeOpen(t, inOrder());
  await vault.addBackupRecipient({ ...OPS, seen: 0 });
  clock.now += 23 * HOUR_MS;
  await backup(vault, OPS, 1);
  clock.now += 2 * HOUR_MS;
  await t.rejects(vault.list(), { code: 'expired' });
  await backup(vault, OPS, 1);
});

t.test('an altered list, or one that was put back, registers nobody', async (t) => {
  const { vault } = await makeOpen(t, inOrder());
  const file = join(vault.layout.keysDir, 'backup-recipients');
  await vault.addBackupRecipient({ ...OPS, seen: 0 });
  const earlier = readFileSync(file);
  await vault.removeBackupRecipient(OPS.id, 1);
  await vault.lock();
  const later = readFileSync(file);
  await t.rejects(backup(vault, OPS, 2), { code: 'locked' });
  writeFileSync(file, earlier);
  await t.rejects(backup(vault, OPS, 2), { code: 'version_mismatch' });
  await t.rejects(vault.backupRecipients(2), { code: 'version_mismatch' });
  for (let i = 0; i < earlier.length; i++) {
    const altered = Buffer.from(earlier);
    altered[i] = (altered[i] ?? 0) ^ 1;
    writeFileSync(file, altered);
    await t.rejects(
      backup(vault, OPS, 1),
      { code: /^(damaged|forged|unknown_key|version_mismatch)$/ as unknown as string },
      `byte ${i}`,
    );
  }
  writeFileSync(file, later);
  rmSync(file);
  await t.rejects(backup(vault, OPS, 2), { code: 'locked' });
  t.match(await vault.backupRecipients(2), { version: 2, recipients: [] }, 'and versions go on');
});

t.test('the list survives a new master key', async (t) => {
  const { vault } = await makeOpen(t, inOrder());
  await vault.addBackupRecipient({ ...OPS, seen: 0 });
  await vault.rekey();
  t.equal(await backup(vault, OPS, 1), 'copied', 'while rekey has closed the gate');
});
