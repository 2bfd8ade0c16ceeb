import { existsSync } from 'node:fs';
import { access } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { DEFAULT_HOME, type HomePaths, homePaths, systemClock } from '../base/index.js';
import { errnoOf, filesError } from '../files/index.js';
import type { Store } from '../store/index.js';
import type { Vault } from '../vault/index.js';
import type { ApiClient } from './api-client.js';
import type { Flags } from './command.js';
import { CliError, noVault } from './errors.js';
import { makeOutput, type Output } from './output.js';

/** What a command works with. What it doesn't ask for isn't loaded. */
export interface CommandContext extends Output {
  readonly home: HomePaths;
  readonly secretsDir: string;
  readonly keyFile: string;
  /** Who does it, for the audit log and the files. */
  readonly actor: string;
  vault(): Promise<Vault>;
  /** The vault that is about to be made. */
  newVault(): Promise<Vault>;
  /** This host's database. @throws CliError `no_vault`, `no_database` */
  store(): Promise<Store>;
  /** A database at another path. @throws CliError `no_database` */
  openDatabase(path: string): Promise<Store>;
  /** The server that runs on this host. */
  api(): Promise<ApiClient>;
  close(): Promise<void>;
}

export function makeContext(env: NodeJS.ProcessEnv, flags: Flags): CommandContext {
  const chosenDir = flags.text('secrets-dir');
  // A secrets folder that is named brings its home along: verifier, database and keys lie beside it.
  const root = env.VIGO_HOME || (chosenDir === undefined ? DEFAULT_HOME : dirname(resolve(chosenDir)));
  const home = homePaths(resolve(root));
  const secretsDir = resolve(chosenDir ?? home.secrets);
  const keyFile = resolve(flags.text('key-file') ?? join(secretsDir, '.master.key'));
  const actor = actorName();
  const closing: (() => Promise<void> | void)[] = [];

  const missingDatabase = (path: string): CliError => {
    if (path === home.database && !existsSync(keyFile)) return noVault(secretsDir);
    const hint = path === home.database ? `restore ${path} from a backup` : undefined;
    return new CliError('no_database', `there is no database ${path}`, { hint });
  };
  const openDatabase = async (path: string, { create = false } = {}): Promise<Store> => {
    if (!create && !(await isThere(path))) throw missingDatabase(path);
    const [{ openStore }, { loadAuditChain }] = await Promise.all([
      import('../store/index.js'),
      import('../audit/index.js'),
    ]);
    const store = await openStore({ path, chain: await loadAuditChain(), clock: systemClock });
    closing.push(() => store.close());
    return store;
  };
  let opened: Promise<Store> | undefined;
  const store = (options?: { create: boolean }) => {
    opened ??= openDatabase(home.database, options);
    return opened;
  };
  const vault = async ({ create }: { create: boolean }) => {
    const { openVaultHere } = await import('./vault.js');
    const opened = openVaultHere({
      home,
      secretsDir,
      keyFile,
      store: () => store({ create }),
      create,
      actor,
    });
    closing.push(opened.close);
    return opened.vault;
  };
  return {
    ...makeOutput(env, { quiet: flags.is('quiet') }),
    home,
    secretsDir,
    keyFile,
    actor,
    vault: () => vault({ create: false }),
    newVault: () => vault({ create: true }),
    store: () => store(),
    openDatabase,
    api: async () => (await import('./api-client.js')).connectApi(home),
    async close() {
      for (const step of closing.splice(0).reverse()) await step();
    },
  };
}

/** @throws FilesError where this user can't know */
async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return false;
    throw filesError('open', path, cause);
  }
}

/** Who does it, for the audit log and the files. A user without an entry of its own, as in a container, is a number. */
function actorName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.());
  }
}
