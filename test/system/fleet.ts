import { existsSync, lstatSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { type Finished, Programs } from '../../demo/programs.js';
import { Resident } from './resident.js';

const PASSPHRASE = 'a passphrase of the throw-away vault';

/** The folders of the bundled programs; the two may be of different versions. */
export interface ProgramFolders {
  /** Of `vigosrv` and `vigocli`. */
  readonly server: string;
  /** Of `vigo`. */
  readonly agent: string;
}

/** A throw-away server with its vault, CA and envoys, on loopback: the real programs as separate processes. */
export class ThrowAwayFleet {
  readonly root: string;
  readonly home: string;
  readonly #env: Record<string, string>;
  readonly #settings: string;
  #folders: ProgramFolders;
  readonly #finished: Finished[] = [];
  readonly #residents: Resident[] = [];
  #server: Resident | undefined;
  /** `host:port` of the gRPC listener. */
  grpcAddress = '';

  private constructor(root: string, folders: ProgramFolders, home: string, env: Record<string, string>, settings = '') {
    this.#settings = settings;
    this.root = root;
    this.home = home;
    this.#folders = folders;
    this.#env = { ...env, VIGO_HOME: this.home };
  }

  /**
   * An unlocked vault with certificates, and a server that runs.
   * @param dist the folder of the bundled programs, or one for each side
   * @param env added to the environment of all of them
   * @param settings added to `server.yaml`, with its line end
   */
  static async start(
    dist: string | ProgramFolders,
    env: Record<string, string> = {},
    settings = '',
  ): Promise<ThrowAwayFleet> {
    const root = await mkdtemp(join(tmpdir(), 'vigo-fleet-'));
    const folders = typeof dist === 'string' ? { server: dist, agent: dist } : dist;
    const fleet = new ThrowAwayFleet(root, folders, join(root, 'server'), env, settings);
    try {
      await fleet.#prepare();
      return fleet;
    } catch (error) {
      await fleet.stop();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const passphrase = join(this.root, 'passphrase');
    await mkdir(join(this.home, 'stacks'), { recursive: true });
    await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
    await this.#listenOn(0, 0);
    await this.vigocli('secrets', 'init', '--passphrase-file', passphrase);
    await this.vigocli('secrets', 'unlock', '--passphrase-file', passphrase);
    await this.vigocli('secrets', 'generate-certs');
    await this.startServer();
  }

  /** Replaces programs by those of another version. What runs goes on with its own. */
  install(folders: Partial<ProgramFolders>): void {
    this.#folders = { ...this.#folders, ...folders };
  }

  /** The server that runs, or ran last. */
  get server(): Resident {
    if (this.#server === undefined) throw new Error('there was no server yet');
    return this.#server;
  }

  /** Starts the server, on the ports that it had before where it ran before. */
  async startServer(): Promise<Resident> {
    this.#server = this.reside('vigosrv');
    const [, ready = ''] = await this.#server.says(/^(.*"ready".*)\n/m);
    const { grpc, api } = JSON.parse(ready);
    this.grpcAddress = `localhost:${grpc}`;
    await this.#listenOn(grpc, api);
    return this.#server;
  }

  /** Another server process on other ports, with a copy of this one's home: same CA, same keys, same database. */
  async startTwin(): Promise<ThrowAwayFleet> {
    const home = join(this.root, 'twin');
    const twin = new ThrowAwayFleet(this.root, this.#folders, home, {});
    await mkdir(join(home, 'db'), { recursive: true, mode: 0o700 });
    for (const part of ['secrets', 'keys', 'tls', 'stacks', 'published']) {
      await cp(join(this.home, part), join(home, part), { recursive: true });
    }
    await this.copyDatabase(join(home, 'db', 'vigo.db'));
    await twin.#listenOn(0, 0);
    await twin.startServer();
    return twin;
  }

  /** A consistent copy of the database as it is now. */
  async copyDatabase(path: string): Promise<void> {
    const database = new Database(join(this.home, 'db', 'vigo.db'), { readonly: true });
    await database.backup(path);
    database.close();
    await chmod(path, 0o600);
    // What is committed stands in the copy itself, and nothing beside it.
    this.inDatabase((copy) => copy.pragma('journal_mode = DELETE'), path);
  }

  /** Puts a copy of the database in the place of the one that is there. The server doesn't run meanwhile. */
  async restoreDatabase(copy: string): Promise<void> {
    const database = join(this.home, 'db', 'vigo.db');
    for (const file of ['-wal', '-shm']) await rm(`${database}${file}`, { force: true });
    await cp(copy, database);
  }

  /** What a copied disk is: everything of one host, for an agent that calls itself another one. */
  async copyMachine(host: string, copy: string): Promise<void> {
    // No process listens on the copy of a socket, and Node copies none.
    const filter = (path: string) => !lstatSync(path).isSocket();
    await cp(join(this.root, host), join(this.root, copy), { recursive: true, filter });
  }

  /** Puts back what a copy kept of a host's state. */
  async restoreMachine(host: string, copy: string): Promise<void> {
    await rm(join(this.root, host), { recursive: true });
    await this.copyMachine(copy, host);
  }

  /** Does something with a database directly, the server's unless another one is named. */
  inDatabase<T>(work: (database: Database.Database) => T, path = join(this.home, 'db', 'vigo.db')): T {
    const database = new Database(path);
    try {
      return work(database);
    } finally {
      database.close();
    }
  }

  async setSecret(key: string, value: string | Buffer): Promise<void> {
    succeed(await this.run('vigocli', ['secrets', 'set', 'raw', key], value));
  }

  /** Writes the stacks and makes them the live config. */
  async publish(stacks: Readonly<Record<string, string>>): Promise<void> {
    await this.writeStacks(stacks);
    await this.vigocli('config', 'publish');
  }

  async writeStacks(stacks: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(stacks)) await writeFile(join(this.home, 'stacks', name), text);
  }

  /** Makes a token. @returns the file that holds it */
  async makeToken(match: string, ...flags: string[]): Promise<string> {
    const path = join(this.root, `${match.replaceAll('*', 'any')}.token`);
    await writeFile(path, (await this.vigocli('envoys', 'token', '--match', match, ...flags)).stdout, { mode: 0o600 });
    return path;
  }

  /** Makes an envoy. Its identity lies in `configDir(host)`. */
  async enroll(host: string): Promise<void> {
    succeed(await this.tryEnroll(host, await this.makeToken(host)));
  }

  /** Runs `vigo enroll`; it may fail. */
  tryEnroll(host: string, tokenFile: string, server = this.url()): Promise<Finished> {
    return this.vigo(host, 'enroll', ...this.enrollArgs(host, tokenFile, server));
  }

  enrollArgs(host: string, tokenFile: string, server = this.url()): string[] {
    return ['--server', server, '--token-file', tokenFile, '--host-name', host];
  }

  /** Where the server that runs answers HTTPS. */
  url(): string {
    const { url } = JSON.parse(readFileSync(join(this.home, 'run', 'api.json'), 'utf8'));
    return url;
  }

  configDir(host: string): string {
    return join(this.root, host, 'config');
  }

  agentArgs(host: string): string[] {
    return ['--config-dir', this.configDir(host), '--state-dir', join(this.root, host, 'state')];
  }

  /** Runs a command that must succeed. */
  async vigocli(...args: string[]): Promise<Finished> {
    return succeed(await this.run('vigocli', args));
  }

  /** Runs the agent of a host; it may fail. */
  vigo(host: string, verb: string, ...args: string[]): Promise<Finished> {
    return this.run('vigo', [verb, ...this.agentArgs(host), ...args]);
  }

  /** Runs the agent of a host as it runs under systemd. */
  startAgent(host: string, ...args: string[]): Resident {
    return this.reside('vigo', ['run', ...this.agentArgs(host), ...args]);
  }

  /** Runs a program to its end; it may fail. */
  async run(program: string, args: readonly string[], input?: string | Buffer): Promise<Finished> {
    const finished = await this.#programsOf(program).run(program, args, input);
    this.#finished.push(finished);
    return finished;
  }

  /** Starts a program that stays. */
  reside(program: string, args: readonly string[] = []): Resident {
    const resident = new Resident(this.#programsOf(program).start(program, args));
    this.#residents.push(resident);
    return resident;
  }

  /** Everything that any program has printed so far. */
  get printed(): string[] {
    return [
      ...this.#finished.flatMap(({ stdout, stderr }) => [stdout, stderr]),
      ...this.#residents.map(({ said }) => said),
    ];
  }

  /** The audit entries of an action, the oldest first. */
  async audit(action: string): Promise<Record<string, unknown>[]> {
    const { stdout } = await this.vigocli('audit', 'list', '--action', action, '--limit', '1000', '--json');
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#residents.map((resident) => resident.end()));
    await rm(this.root, { recursive: true, force: true });
  }

  #programsOf(program: string): Programs {
    return new Programs(program === 'vigo' ? this.#folders.agent : this.#folders.server, this.#env);
  }

  async #listenOn(grpc: number, api: number): Promise<void> {
    const file = join(this.home, 'server.yaml');
    const text = `server: { grpc_listen: "127.0.0.1:${grpc}", api_listen: "127.0.0.1:${api}" }\n${this.#settings}`;
    if (!existsSync(file) || (await readFile(file, 'utf8')) !== text) await writeFile(file, text);
  }
}

function succeed(finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(`exit code ${finished.code}: ${finished.stderr}`);
  return finished;
}
