import { existsSync } from 'node:fs';
import { concatBytes, shellWord, toHex, utf8 } from '../../../base/index.js';
import { wipe } from '../../../crypto/index.js';
import type { Command } from '../../console/command.js';
import { CliError } from '../../errors.js';

export const command: Command = {
  usage: 'backup keygen <file>',
  summary: 'Make a key pair that backups can be made for: the private key, and <file>.pub',
  examples: ['backup keygen ops.key'],
  async run({ note }, [path = '']) {
    const { makeKeyPair } = await import('../../../archive/index.js');
    const { createFileExclusive } = await import('../../../files/index.js');
    const publicPath = `${path}.pub`;
    const there = [path, publicPath].find(existsSync);
    if (there !== undefined) throw new CliError('exists', `${there} exists already`, { hint: 'name another file' });
    const { recipient, identity, id } = await makeKeyPair();
    const line = concatBytes(identity, utf8('\n'));
    try {
      await createFileExclusive(path, line, { mode: 0o600 });
    } finally {
      wipe(identity, line);
    }
    await createFileExclusive(publicPath, utf8(`${recipient}\n`), { mode: 0o644 });
    note(`private key ${path} (0600): keep it away from the server; who has it opens every backup made for it`);
    note(`public key  ${publicPath}: vigocli backup --recipient ${shellWord(publicPath)} <file>`);
    note(`recipient   ${toHex(id)}`);
  },
};
