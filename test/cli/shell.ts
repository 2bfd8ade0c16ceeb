import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { placeholders } from './placeholders.js';
import type { Given, Step } from './transcript.js';

/** The bundled programs, as the build leaves them. */
export const DIST = process.env.VIGO_DIST ?? fileURLToPath(new URL('../../dist', import.meta.url));

/** Changes a database as somebody would who has root and no good intentions: `sql <file> <statement>`. */
const SQL = fileURLToPath(new URL('sql.mjs', import.meta.url));

const PASSPHRASE = 'correct horse battery staple';
const SETTINGS = 'server:\n  grpc_listen: "127.0.0.1:0"\n  api_listen: "127.0.0.1:0"\n';

const SETUP: Readonly<Record<Given, readonly string[]>> = {
  nothing: [],
  'a vault': ['vigocli secrets init --passphrase-file passphrase'],
  'an unlocked vault': [
    'vigocli secrets init --passphrase-file passphrase',
    'vigocli secrets unlock --passphrase-file passphrase',
  ],
  'a server': [
    'vigocli secrets init --passphrase-file passphrase',
    'vigocli secrets unlock --passphrase-file passphrase',
    'vigocli secrets generate-certs',
    'mkdir home/stacks',
    'vigosrv &',
  ],
};

/**
 * A shell for one scenario, in a throw-away folder with the programs on its path and the server's home in `home`. It
 * has no terminal.
 */
export class Shell {
  readonly #dir: string;
  readonly #env: Record<string, string>;
  #server: ChildProcess | undefined;

  constructor(t: Test) {
    this.#dir = t.testdir();
    const bin = join(this.#dir, 'bin');
    mkdirSync(bin);
    for (const program of ['vigocli', 'vigosrv']) {
      writeProgram(join(bin, program), join(DIST, `${program}.mjs`));
    }
    writeProgram(join(bin, 'sql'), SQL);
    mkdirSync(this.home, { mode: 0o700 });
    writeFileSync(join(this.#dir, 'passphrase'), `${PASSPHRASE}\n`, { mode: 0o600 });
    writeFileSync(join(this.home, 'server.yaml'), SETTINGS);
    this.#env = { PATH: `${bin}:${process.env.PATH}`, VIGO_HOME: this.home, LC_ALL: 'C', TZ: 'UTC' };
    t.teardown(() => this.#stopServer('SIGKILL'));
  }

  get home(): string {
    return join(this.#dir, 'home');
  }

  async prepare(given: Given): Promise<void> {
    for (const command of SETUP[given]) {
      const { code, stderr } = await this.run(command);
      if (code !== 0) throw new Error(`${command} failed: ${stderr.join('\n')}`);
    }
  }

  /** Runs one line of a transcript; `vigosrv &` and `kill %1` are the server that stays. */
  async run(command: string): Promise<Step> {
    if (command === 'vigosrv &') return this.#startServer(command);
    if (command === 'kill %1') return { command, stdout: [], stderr: [], code: await this.#stopServer('SIGTERM') };
    const child = this.#spawn(command);
    const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
    const [code] = await once(child, 'close');
    const lines = (text: string) => linesOf(placeholders(text, this.#dir));
    return { command, stdout: lines(stdout()), stderr: lines(stderr()), code };
  }

  /**
   * A digest of everything below `home` but what every command leaves: the database with the log, the files of
   * running processes, the time of last use in the sentinel, and the count of wrong passphrases.
   */
  fingerprint(): string {
    const hash = createHash('sha256');
    const walk = (folder: string) => {
      for (const entry of readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))) {
        const path = join(folder, entry.name);
        if (['db', 'run', '.secrets-unlocked', '.secrets-failures'].includes(relative(this.home, path))) continue;
        hash.update(`${relative(this.home, path)}\0`);
        if (entry.isDirectory()) walk(path);
        else hash.update(entry.isSymbolicLink() ? readlinkSync(path) : readFileSync(path));
      }
    };
    walk(this.home);
    return hash.digest('hex');
  }

  async #startServer(command: string): Promise<Step> {
    const child = this.#spawn('exec vigosrv');
    const log = collect(child.stderr);
    await new Promise<void>((resolve, reject) => {
      child.stderr?.on('data', () => log().includes('"ready"') && resolve());
      child.once('close', (code) => reject(new Error(`vigosrv ended with ${code}: ${log()}`)));
    });
    this.#server = child;
    return { command, stdout: [], stderr: [], code: 0 };
  }

  async #stopServer(signal: NodeJS.Signals): Promise<number> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return 0;
    server.kill(signal);
    const [code] = await once(server, 'close');
    return code ?? 0;
  }

  /** In a session of its own: without a terminal, wherever the tests run. */
  #spawn(command: string): ChildProcess {
    return spawn('sh', ['-c', command], {
      cwd: this.#dir,
      env: this.#env,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
  }
}

/** A last line that has no newline ends in a backslash. */
function linesOf(text: string): string[] {
  if (text === '') return [];
  return text.endsWith('\n') ? text.slice(0, -1).split('\n') : `${text}\\`.split('\n');
}

function writeProgram(path: string, script: string): void {
  writeFileSync(path, `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`, { mode: 0o755 });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  const chunks: Buffer[] = [];
  stream?.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
}
