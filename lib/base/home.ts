import { join } from 'node:path';

/** Where everything of a server lies, below one folder (`/srv/vigo` unless `VIGO_HOME` moves it). */
export interface HomePaths {
  readonly root: string;
  readonly settings: string;
  readonly stacks: string;
  /** A link to the current publication, swapped at once. */
  readonly live: string;
  /** Every tree that was ever published, in a folder named by its digest. */
  readonly published: string;
  readonly secrets: string;
  readonly keys: string;
  readonly tls: string;
  /** The chain of trust: each policy key and its successor. Not there before the first change. */
  readonly trust: string;
  readonly database: string;
  readonly run: string;
  readonly vaultLock: string;
  readonly localAdminToken: string;
  /** Where the running server answers the API, for programs on this host. */
  readonly apiEndpoint: string;
}

export const DEFAULT_HOME = '/srv/vigo';

export function homePaths(root: string): HomePaths {
  const run = join(root, 'run');
  return {
    root,
    settings: join(root, 'server.yaml'),
    stacks: join(root, 'stacks'),
    live: join(root, '.live'),
    published: join(root, 'published'),
    secrets: join(root, 'secrets'),
    keys: join(root, 'keys'),
    tls: join(root, 'tls'),
    trust: join(root, 'tls', 'trust'),
    database: join(root, 'db', 'vigo.db'),
    run,
    vaultLock: join(run, 'vault.lock'),
    localAdminToken: join(run, 'local-admin.token'),
    apiEndpoint: join(run, 'api.json'),
  };
}
