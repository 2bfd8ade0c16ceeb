import type { ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Finished, Programs } from '../../demo/programs.js';

const PASSPHRASE = 'a passphrase of the throw-away vault';

/** A throw-away server with its vault, CA and envoys, on loopback: the real programs as separate processes. */
export class ThrowAwayFleet {
  readonly root: string;
  readonly home: string;
  readonly programs: Programs;
  server: ChildProcess | undefined;

  private constructor(root: string, dist: string) {
    this.root = root;
    this.home = join(root, 'server');
    this.programs = new Programs(dist, { VIGO_HOME: this.home });
  }

  /** An unlocked vault with certificates, and a server that runs. */
  static async start(dist: string): Promise<ThrowAwayFleet> {
    const fleet = new ThrowAwayFleet(await mkdtemp(join(tmpdir(), 'vigo-fleet-')), dist);
    const passphrase = join(fleet.root, 'passphrase');
    await mkdir(join(fleet.home, 'stacks'), { recursive: true });
    await writeFile(passphrase, `${PASSPHRASE}\n`, { mode: 0o600 });
    const listen = '{ grpc_listen: "127.0.0.1:0", api_listen: "127.0.0.1:0" }';
    await writeFile(join(fleet.home, 'server.yaml'), `server: ${listen}\n`);
    await fleet.vigocli('secrets', 'init', '--passphrase-file', passphrase);
    await fleet.vigocli('secrets', 'unlock', '--passphrase-file', passphrase);
    await fleet.vigocli('secrets', 'generate-certs');
    await fleet.startServer();
    return fleet;
  }

  async startServer(): Promise<void> {
    this.server = await this.programs.serve('vigosrv', [], '"ready"');
  }

  async setSecret(key: string, value: string): Promise<void> {
    succeed(await this.programs.run('vigocli', ['secrets', 'set', 'raw', key], value));
  }

  /** Writes the stacks and makes them the live config. */
  async publish(stacks: Readonly<Record<string, string>>): Promise<void> {
    for (const [name, text] of Object.entries(stacks)) await writeFile(join(this.home, 'stacks', name), text);
    await this.vigocli('config', 'publish');
  }

  /** Makes an envoy. Its identity lies in `configDir(host)`. */
  async enroll(host: string): Promise<void> {
    const token = join(this.root, `${host}.token`);
    await writeFile(token, (await this.vigocli('envoys', 'token', '--match', host)).stdout, { mode: 0o600 });
    const args = ['--server', await this.url(), '--token-file', token, '--host-name', host];
    succeed(await this.vigo(host, 'enroll', ...args));
  }

  async url(): Promise<string> {
    return JSON.parse(await readFile(join(this.home, 'run', 'api.json'), 'utf8')).url;
  }

  configDir(host: string): string {
    return join(this.root, host, 'config');
  }

  agentArgs(host: string): string[] {
    return ['--config-dir', this.configDir(host), '--state-dir', join(this.root, host, 'state')];
  }

  /** Runs a command that must succeed. */
  async vigocli(...args: string[]): Promise<Finished> {
    return succeed(await this.programs.run('vigocli', args));
  }

  /** Runs the agent of a host; it may fail. */
  vigo(host: string, verb: string, ...args: string[]): Promise<Finished> {
    return this.programs.run('vigo', [verb, ...this.agentArgs(host), ...args]);
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
    await this.programs.stopAll();
    await rm(this.root, { recursive: true, force: true });
  }
}

function succeed(finished: Finished): Finished {
  if (finished.code !== 0) throw new Error(`exit code ${finished.code}: ${finished.stderr}`);
  return finished;
}
