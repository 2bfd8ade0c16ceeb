import { wipe } from '../../../crypto/index.js';
import type { Vault, VaultLayout } from '../../../vault/index.js';
import type { Command } from '../../console/command.js';
import type { CommandContext } from '../../host/context.js';
import { passphraseOption, readNewPassphrase } from '../../host/passphrase.js';
import { SERVER_KEYS } from '../../host/server-keys.js';

export const command: Command = {
  usage: 'secrets init',
  summary: "Make the master key, the passphrase's verifier and the server's own keys",
  options: [passphraseOption],
  examples: ['secrets init', 'secrets init --passphrase-file passphrase'],
  async run(context, _, flags) {
    const vault = await context.newVault();
    await vault.planInit();
    const passphrase = await readNewPassphrase(flags);
    try {
      const made = await vault.init(passphrase, { serverKeys: SERVER_KEYS });
      describe(context, vault.layout, made);
    } finally {
      wipe(passphrase);
    }
  },
};

function describe(
  { note, home }: CommandContext,
  layout: VaultLayout,
  { masterKey, closedFolder }: Awaited<ReturnType<Vault['init']>>,
): void {
  if (closedFolder) note(`secrets     ${layout.secretsDir} (0700), which others could look into before`);
  note(`master key  ${layout.keyFile} (0600)${masterKey === 'kept' ? ', kept as it was' : ''}`);
  note(`verifier    ${layout.verifierFile} (0600)`);
  note(`server keys ${home.keys} (0700)`);
  note('whoever loses the master key loses every secret: keep a copy of it away from this host');
  note('next: vigocli secrets unlock');
}
