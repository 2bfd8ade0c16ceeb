import type { Command } from '../../console/command.js';
import { confirm, describeVersion, historyOf, yesOption } from '../../console/confirm.js';
import { readKeyName } from '../../console/from-command-line.js';
import { plural } from '../../console/plural.js';
import { forceOption, unlessInUse } from '../../host/secret-use.js';
import { ifVersionOption, readCondition } from '../../host/write-options.js';

export const command: Command = {
  usage: 'secrets delete <key>',
  summary: 'Remove a secret; its versions are kept, encrypted, on this host, and rollback brings it back',
  options: [
    { name: 'purge', summary: 'With all its versions, also of a deleted one: nothing undoes that' },
    ifVersionOption,
    forceOption,
    yesOption,
  ],
  examples: ['secrets delete vigo/db/dsn', 'secrets delete vigo/db/dsn --purge --yes'],
  otherNames: ['rm', 'remove'],
  async run(context, [name = ''], flags) {
    const { vault, home, note } = context;
    const key = readKeyName(name);
    const opened = await vault();
    const options = { ...readCondition(flags), allow: unlessInUse(context, key, flags) };
    if (!flags.is('purge')) {
      await opened.delete(key, options);
      return note(`${key} is deleted`);
    }
    const [newest, ...others] = (await historyOf(opened, key))?.versions ?? [];
    await options.allow?.();
    if (newest !== undefined) {
      const what = others.length === 0 ? '' : ` and ${plural(others.length, 'other version')}`;
      await confirm(context, `${key}: ${describeVersion(newest)}${what}: removed for good`, flags);
    }
    await opened.purge(key, options);
    const { removeForgottenSnapshot } = await import('../../backup/forgotten-snapshot.js');
    await removeForgottenSnapshot(home, opened);
    note(`${key} is gone, with all its versions`);
  },
};
