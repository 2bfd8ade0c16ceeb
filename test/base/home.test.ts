import t from 'tap';
import { DEFAULT_HOME, homePaths } from '../../lib/base/index.js';

t.test('everything of a server lies below its home', async (t) => {
  t.equal(DEFAULT_HOME, '/srv/vigo');
  const { root, ...paths } = homePaths('/home/of/vigo');
  t.equal(root, '/home/of/vigo');
  t.strictSame(
    Object.fromEntries(Object.entries(paths).map(([name, path]) => [name, path.replace('/home/of/vigo/', '')])),
    {
      settings: 'server.yaml',
      stacks: 'stacks',
      live: '.live',
      published: 'published',
      secrets: 'secrets',
      keys: 'keys',
      tls: 'tls',
      trust: 'tls/trust',
      database: 'db/vigo.db',
      run: 'run',
      vaultLock: 'run/vault.lock',
      localAdminToken: 'run/local-admin.token',
      apiEndpoint: 'run/api.json',
    },
  );
});
