import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { command } from '../../lib/cli/commands/secrets/generate-certs.js';
import type { CommandContext } from '../../lib/cli/host/context.js';
import { placesIn } from '../../lib/settings/index.js';

t.test('a CA that another command makes meanwhile stays', async (t) => {
  const home = homePaths(t.testdir());
  const ca = join(home.tls, 'ca');
  const context = {
    home,
    places: async () => placesIn(home, () => undefined),
    note() {},
    async store() {
      mkdirSync(home.tls, { recursive: true }); // after the first look
      writeFileSync(ca, 'another');
      return { trustDomain: async () => 'vigo.test', appendAudit: async () => {} };
    },
  } as unknown as CommandContext;
  const flags = { text: () => undefined, texts: () => [], is: () => false };
  await t.rejects(command.run(context, [], flags), { code: 'exists' });
  t.equal(readFileSync(ca, 'utf8'), 'another');
});
