import type { Command } from '../../console/command.js';
import { Progress } from '../../console/progress.js';

export const command: Command = {
  usage: 'secrets rekey',
  summary: 'Replace the master key: every file and version is encrypted anew, while all goes on',
  options: [{ name: 'force', summary: 'Drop the old key although there are files that no key opens' }],
  examples: ['secrets rekey'],
  async run({ vault, note, warn, quiet }, _, flags) {
    const opened = await vault();
    const progress = new Progress({ quiet });
    const onProgress = (done: number, total: number) => progress.update(done, total);
    const leaveUnreadable = flags.is('force');
    const { names, resumed, unreadable } = await opened
      .rekey({ onProgress, leaveUnreadable })
      .finally(() => progress.end());
    for (const path of unreadable) warn(`${path} can't be opened, and stays as it is`);
    note(`${names} names are encrypted under a new master key${resumed ? '; an earlier rekey is finished' : ''}`);
    note(`the old key is dropped: keep a copy of ${opened.layout.keyFile} away from this host`);
    note('the vault is locked; next: vigocli secrets unlock');
  },
};
