import { existsSync } from 'node:fs';
import { access, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, resolve } from 'node:path';
import { claimOf, DEFAULT_HOME, type HomePaths, homePaths, systemClock } from '../../base/index.js';
import { errnoOf, filesError } from '../../files/index.js';
import { type Places, readSettings, type WrittenSettings } from '../../settings/index.js';
import type { Store } from '../../store/index.js';
import type { Vault } from '../../vault/index.js';
import type { Flags } from '../console/flags.js';
import { makeOutput, type Output } from '../console/output.js';
import { CliError, noVault } from '../errors.js';
import type { ApiClient } from '../remote/api-client.js';
import { hostPlaces } from './places.js';

/** What a command works with. What it doesn't ask for isn't loaded. */
export interface CommandContext extends Output {
  readonly home: HomePaths;
  /** What `vigosrv` runs with on this host; undefined where nothing is written. @throws SettingsError, FilesError */
  settings(): Promise<WrittenSettings | undefined>;
  /** Where the files of this host lie. @throws as `settings`; database and certificates when they are asked for */
  places(): Promise<Places>;
  /** Who does it, for the audit log and the files. */
  readonly actor: string;
  vault(): Promise<Vault>;
  /** The vault that is about to be made. */
  newVault(): Promise<Vault>;
  /** This host's database. @throws CliError `no_vault`, `no_database`, or what `places` does */
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
  const actor = actorName();
  const closing: (() => Promise<void> | void)[] = [];

  let read: Promise<WrittenSettings | undefined> | undefined;
  const settings = () => {
    read ??= readSettings(home, env.VIGO_CONFIG_FILE);
    return read;
  };
  const places = async () => hostPlaces(home, flags, await settings());

  const claimed = async () => claimOf(env.SUDO_USER, await readLoginUid(), process.getuid?.());

  const open = async (path: string): Promise<Store> => {
    const [{ claimingStore, openStore }, { loadAuditChain }] = await Promise.all([
      import('../../store/index.js'),
      import('../../audit/index.js'),
    ]);
    const opened = await openStore({ path, chain: await loadAuditChain(), clock: systemClock });
    const claim = await claimed();
    const store = claimingStore(opened, () => claim);
    closing.push(() => store.close());
    return store;
  };
  const openDatabase = async (path: string, hint?: string): Promise<Store> => {
    if (await isThere(path)) return open(path);
    throw new CliError('no_database', `there is no database ${path}`, { hint });
  };
  const openHostDatabase = async ({ create }: { create: boolean }): Promise<Store> => {
    const { secretsDir, keyFile, databasePath } = await places();
    if (create) return open(databasePath);
    if (!existsSync(keyFile) && !(await isThere(databasePath))) throw noVault(secretsDir);
    return openDatabase(databasePath, `restore ${databasePath} from a backup`);
  };
  let opened: Promise<Store> | undefined;
  const store = (options: { create: boolean }) => {
    opened ??= openHostDatabase(options);
    return opened;
  };
  const vault = async ({ create }: { create: boolean }) => {
    const [{ openVaultHere }, { secretsDir, keyFile }] = await Promise.all([import('./vault.js'), places()]);
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
    settings,
    places,
    actor,
    vault: () => vault({ create: false }),
    newVault: () => vault({ create: true }),
    store: () => store({ create: false }),
    openDatabase: (path) => openDatabase(path),
    api: async () => (await import('../remote/api-client.js')).connectApi(home, await claimed()),
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

/** Empty where the kernel keeps none. */
async function readLoginUid(): Promise<string> {
  return readFile('/proc/self/loginuid', 'utf8').catch(() => '');
}

/** Who does it, for the audit log and the files. A user without an entry of its own, as in a container, is a number. */
function actorName(): string {
  try {
    return userInfo().username;
  } catch {
    return String(process.geteuid?.());
  }
}
