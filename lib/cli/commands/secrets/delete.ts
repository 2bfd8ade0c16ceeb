import { parseKeyName } from '../../../base/index.js';
import type { Command } from '../../command.js';
import { forceOption, unlessInUse } from '../../secret-use.js';
import { ifVersionOption, readCondition } from '../../write-options.js';

export const command: Command = {
  usage: 'secrets delete <key>',
  summary: 'Remove a secret; its versions are kept, encrypted, on this host, and rollback brings it back',
  options: [
    { name: 'purge', summary: 'With all its versions, also of a deleted one: nothing undoes that' },
    ifVersionOption,
    forceOption,
  ],
  examples: ['secrets delete vigo/db/dsn', 'secrets delete vigo/db/dsn --purge'],
  otherNames: ['rm', 'remove'],
  async run(context, [name = ''], flags) {
    const { vault, home, note } = context;
    const key = parseKeyName(name);
    const opened = await vault();
    const options = { ...readCondition(flags), allow: unlessInUse(context, key, flags) };
    if (!flags.is('purge')) {
      await opened.delete(key, options);
      return note(`${key} is deleted`);
    }
    await opened.purge(key, options);
    const { removeForgottenSnapshot } = await import('../../backup/forgotten-snapshot.js');
    await removeForgottenSnapshot(home, opened);
    note(`${key} is gone, with all its versions`);
  },
};
