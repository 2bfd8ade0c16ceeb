import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadAuditChain } from '../../lib/audit/index.js';
import { homePaths, type KeyName, parseKeyName, systemClock } from '../../lib/base/index.js';
import { openVaultHere } from '../../lib/cli/host/vault.js';
import { connectApi } from '../../lib/cli/remote/api-client.js';
import { openStore } from '../../lib/store/index.js';
import { ThrowAwayFleet } from '../../test/system/fleet.js';
import type { Resident } from '../../test/system/resident.js';
import { Connection } from './connection.js';
import { Echo } from './echo.js';
import { enroll, type Machine, prepareMachine } from './enrollments.js';
import { Envoy } from './envoy.js';
import { each } from './load.js';
import { MeasuredProcess } from './measured-process.js';

const SECRETS = 100;
const SECRET_BYTES = 32;
/** Fewer than the refusals that one address may provoke, so that nobody is taken for somebody who guesses. */
const ENROLL_AT_A_TIME = 16;
/** What one envoy may ask for isn't what is measured. */
const SETTINGS = 'envoys: { resolves_per_hour: 1000000000 }\n';
const SERVERS_PROCESSOR = 0;

export interface Size {
  readonly envoys: number;
  readonly rounds: number;
  /** In each round. */
  readonly calls: number;
  /** What Node is given to run the servers. */
  readonly nodeOptions: string;
}

/** Both servers, and a fleet. */
export class Stage {
  readonly size: Size;
  readonly keys: readonly KeyName[];
  readonly #fleet: ThrowAwayFleet;
  readonly #nodeOptions: string;
  #echo: Echo | undefined;
  #vigo: MeasuredProcess;
  #bare: MeasuredProcess | undefined;
  readonly #envoys: Envoy[] = [];

  private constructor(fleet: ThrowAwayFleet, size: Size, nodeOptions: string) {
    this.#nodeOptions = nodeOptions;
    this.#fleet = fleet;
    this.#vigo = measured(fleet.server);
    this.size = size;
    this.keys = Array.from({ length: SECRETS }, (_, i) => parseKeyName(`shop/team-${i % 10}/secret-${i}`));
  }

  /** @param dist the folder of the bundled programs */
  static async set(dist: string, size: Size): Promise<Stage> {
    const nodeOptions = `--import=${new URL('rpc-gauge.mjs', import.meta.url)} ${size.nodeOptions}`;
    const fleet = await ThrowAwayFleet.start(dist, { NODE_OPTIONS: nodeOptions }, SETTINGS);
    const stage = new Stage(fleet, size, nodeOptions);
    try {
      await stage.#fillVault();
      await fleet.publish({
        'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [shop, banner] }\n',
        'shop.vgo': crateOf('shop', stage.keys),
        'banner.vgo':
          'configcrate: banner\nresources:\n  - { name: motd, type: file, path: /etc/motd, content: Welcome }\n',
      });
      await stage.#startEcho();
      return stage;
    } catch (error) {
      await stage.clear();
      throw error;
    }
  }

  get vigo(): MeasuredProcess {
    return this.#vigo;
  }

  get bare(): MeasuredProcess {
    if (this.#bare === undefined) throw new Error('the echo has not begun');
    return this.#bare;
  }

  get echo(): Echo {
    if (this.#echo === undefined) throw new Error('the echo has not begun');
    return this.#echo;
  }

  get port(): number {
    return Number(this.#fleet.grpcAddress.split(':')[1]);
  }

  get url(): string {
    return this.#fleet.url();
  }

  get caPem(): string {
    return readFileSync(join(this.#fleet.home, 'tls', 'ca'), 'utf8');
  }

  /** As many envoys, enrolled by the real way; the same ones every time. */
  async envoys(count: number): Promise<Envoy[]> {
    const machines = await this.machines(count - this.#envoys.length, this.#envoys.length);
    this.#envoys.push(...(await this.enroll(machines)));
    return this.#envoys.slice(0, count);
  }

  /** Machines that hold a token, and ask for nothing yet. */
  async machines(count: number, from: number): Promise<Machine[]> {
    const api = await connectApi(homePaths(this.#fleet.home));
    const numbers = Array.from({ length: Math.max(0, count) }, (_, i) => from + i);
    return each(numbers, ENROLL_AT_A_TIME, (i) => prepareMachine(api, `web-${i}.eu.example.org`));
  }

  async enroll(machines: readonly Machine[]): Promise<Envoy[]> {
    const { url } = this;
    return each(machines, ENROLL_AT_A_TIME, async (machine) => new Envoy(await enroll(url, machine)));
  }

  /** A connection of each of so many envoys, each checked in, so that there is no news. */
  async connected(count: number): Promise<{ envoy: Envoy; connection: Connection }[]> {
    return each(await this.envoys(count), ENROLL_AT_A_TIME, async (envoy) => {
      const connection = await Connection.open(envoy.destination(this.port));
      await envoy.checkIn(connection);
      if (await envoy.checkIn(connection)) throw new Error('there was news twice');
      return { envoy, connection };
    });
  }

  /** Another process of each server, over the same home: one that enrolling has left no holes in the memory of. */
  async restart(): Promise<void> {
    await this.restartVigo();
    await this.#echo?.resident.end();
    await this.#startEcho();
  }

  async restartVigo(): Promise<void> {
    await this.#fleet.server.end();
    this.#vigo = measured(await this.#fleet.startServer());
  }

  async clear(): Promise<void> {
    await this.#echo?.resident.end();
    await this.#fleet.stop();
  }

  async #startEcho(): Promise<void> {
    this.#echo = await Echo.start(this.#fleet.home, this.#nodeOptions);
    this.#bare = measured(this.#echo.resident);
  }

  async #fillVault(): Promise<void> {
    const home = homePaths(this.#fleet.home);
    const store = await openStore({ path: home.database, chain: await loadAuditChain(), clock: systemClock });
    const keyFile = join(home.secrets, '.master.key');
    const options = { home, secretsDir: home.secrets, keyFile, create: false, actor: 'bench' };
    const { vault, close } = openVaultHere({ ...options, store: async () => store });
    for (const key of this.keys) await vault.set(key, randomBytes(SECRET_BYTES), { kind: 'raw' });
    await close();
    await store.close();
  }
}

function measured(resident: Resident): MeasuredProcess {
  return new MeasuredProcess(resident, SERVERS_PROCESSOR);
}

function crateOf(name: string, keys: readonly KeyName[]): string {
  const lines = keys.map((key) => `      ${key.replaceAll('/', '_')} = secret:${key}`);
  return `configcrate: ${name}
resources:
  - name: settings
    type: file
    path: /etc/${name}.ini
    content: |
${lines.join('\n')}
`;
}
