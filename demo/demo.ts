import { existsSync, watch } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { parseKeyName } from '../lib/base/index.js';
import { encodeSignedRequest } from '../lib/wire/index.js';
import { type Attacker, askFor, ownEnvoy, plainCheckIn, refusalOf } from './attacker.js';
import { type Finished, Programs } from './programs.js';

/** This file is bundled beside the programs. */
const DIST = fileURLToPath(new URL('.', import.meta.url));
const KEY = 'shop/db/password';
const FIRST_VALUE = 'correct horse battery staple';
const SECOND_VALUE = 'purple monkey dishwasher';
const PATIENCE_MS = 20_000;
/** The entry of the audit log that somebody changes. */
const TAMPERED = 7;

/** The whole path on one machine: the real programs, on loopback, below a temporary folder. */
class Demo {
  readonly #root: string;
  readonly #home: string;
  readonly #programs: Programs;
  #step = 0;

  constructor(root: string) {
    this.#root = root;
    this.#home = join(root, 'server');
    this.#programs = new Programs(DIST, { VIGO_HOME: this.#home });
  }

  async run(): Promise<void> {
    await this.#prepareServer();
    await this.#publishConfig();
    await this.#enroll('web-1');
    await this.#converge();
    await this.#changeSecret();
    await this.#attack();
    await this.#tamper();
  }

  stop(): Promise<void> {
    return this.#programs.stopAll();
  }

  async #prepareServer(): Promise<void> {
    this.#say('A vault: its master key, and a passphrase that guards the commands');
    await mkdir(this.#home, { recursive: true });
    const passphrase = join(this.#root, 'passphrase');
    await writeFile(passphrase, 'an operator types this\n', { mode: 0o600 });
    await writeFile(
      join(this.#home, 'server.yaml'),
      'server:\n  grpc_listen: "127.0.0.1:0"\n  api_listen: "127.0.0.1:0"\n',
    );
    await this.#vigocli(['secrets', 'init', '--passphrase-file', passphrase]);
    await this.#vigocli(['secrets', 'unlock', '--passphrase-file', passphrase]);

    this.#say('Certificates, and the server');
    await this.#vigocli(['secrets', 'generate-certs']);
    await this.#programs.serve('vigosrv', [], '"ready"');
  }

  async #publishConfig(): Promise<void> {
    this.#say('A secret goes in through a pipe; no argument, no environment and no log holds it');
    await this.#vigocli(['secrets', 'set', 'raw', KEY], FIRST_VALUE);

    this.#say('A config refers to the secret by name');
    await this.#writeStack('envoys.vgo', [
      'envoys:',
      '  - { match: "web-*", configcrates: [shop] }',
      '  - { match: "*", configcrates: [] }',
    ]);
    await this.#writeStack('shop.vgo', [
      'configcrate: shop',
      'resources:',
      '  - name: settings',
      '    type: file',
      `    path: ${this.#shopFile}`,
      '    content: |',
      '      [database]',
      `      password = secret:${KEY}`,
    ]);
    await this.#vigocli(['config', 'publish']);
  }

  async #enroll(host: string): Promise<void> {
    this.#say(`A machine named ${host} enrolls with a token that is good once and pins the CA`);
    const token = join(this.#root, `${host}.token`);
    const { stdout } = await this.#vigocli(['envoys', 'token', '--match', host]);
    await writeFile(token, stdout, { mode: 0o600 });
    const { url } = JSON.parse(await readFile(join(this.#home, 'run', 'api.json'), 'utf8'));
    await this.#vigo(host, ['enroll', '--server', url, '--token-file', token, '--host-name', host]);
  }

  async #converge(): Promise<void> {
    this.#say('The agent converges: asks for its policy, has the secret sealed to it, writes the file');
    await this.#vigo('web-1', ['run', '--once']);
    await this.#expectFile(FIRST_VALUE);
    const again = await this.#vigo('web-1', ['run', '--once']);
    hold(!/^changed/m.test(again.stdout), 'a second run changes nothing');
  }

  async #changeSecret(): Promise<void> {
    this.#say('The agent stays; the operator changes the secret, and the file follows');
    this.#programs.start('vigo', ['run', ...this.#agentDirs('web-1')]).stderr?.resume();
    await this.#vigocli(['secrets', 'set', 'raw', KEY], SECOND_VALUE);
    const start = performance.now();
    await this.#waitForFile(SECOND_VALUE);
    this.#tell(`the file followed after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    await this.#expectFile(SECOND_VALUE);
  }

  async #attack(): Promise<void> {
    await this.#enroll('thief-1');
    const attacker = await ownEnvoy(join(this.#root, 'thief-1', 'config'));
    try {
      this.#say('That second machine asks for a secret that its own policy does not refer to');
      await this.#refused(attacker, 'entitlement', 'secret.entitlement_denied', async () => {
        const history = await this.#vigocli(['config', 'history', '--json']);
        const [{ policy_version }] = JSON.parse(history.stdout);
        const payload = await askFor(attacker, parseKeyName(KEY), policy_version);
        return refusalOf(
          attacker.call('ResolveSecrets', encodeSignedRequest(attacker.sign('ResolveSecrets', payload))),
        );
      });

      this.#say('It alters a request after it was signed');
      await this.#refused(attacker, 'forged', 'request.rejected', async () => {
        const request = attacker.sign('CheckIn', plainCheckIn(attacker));
        const altered = { ...request, issuedAtMs: request.issuedAtMs + 1 };
        return refusalOf(attacker.call('CheckIn', encodeSignedRequest(altered)));
      });

      this.#say('It sends a valid request twice');
      await this.#refused(attacker, 'replay', 'request.rejected', async () => {
        const request = encodeSignedRequest(attacker.sign('CheckIn', plainCheckIn(attacker)));
        await attacker.call('CheckIn', request);
        return refusalOf(attacker.call('CheckIn', request));
      });
    } finally {
      attacker.close();
    }
  }

  async #tamper(): Promise<void> {
    this.#say('Somebody changes one byte of the audit log, in a copy of the database');
    const copy = join(this.#root, 'copy.db');
    const database = new Database(join(this.#home, 'db', 'vigo.db'), { readonly: true });
    await database.backup(copy);
    database.close();
    flipOneByte(copy);
    await chmod(copy, 0o600);

    const broken = await this.#run('vigocli', ['audit', 'verify', '--db', copy]);
    hold(broken.code !== 0 && broken.stderr.includes(`entry ${TAMPERED} `), 'the check names the entry');
    this.#say('The true log holds together');
    await this.#vigocli(['audit', 'verify']);
  }

  /** An attack must be refused for the right reason, and stand in the audit log. */
  async #refused(attacker: Attacker, reason: string, action: string, attack: () => Promise<string | undefined>) {
    const outcome = await attack();
    this.#tell(`the server answers: ${outcome ?? 'taken'}`);
    hold(outcome === reason, `it is refused as ${reason}`);
    const { stdout } = await this.#run('vigocli', ['audit', 'list', '--action', action, '--json']);
    const entries = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const entry = entries.findLast(
      ({ subject, detail }) => subject === attacker.envoyId && (detail.reason ?? 'entitlement') === reason,
    );
    hold(entry !== undefined, 'the audit log has it');
    this.#tell(`audit entry ${entry.seq}: ${entry.action} ${JSON.stringify(entry.detail)}`);
  }

  async #expectFile(value: string): Promise<void> {
    const content = await readFile(this.#shopFile, 'utf8');
    for (const line of content.trimEnd().split('\n')) this.#tell(`  │ ${line}`);
    hold(content === `[database]\npassword = ${value}\n`, `${this.#shopFile} holds the value`);
  }

  async #waitForFile(value: string): Promise<void> {
    const holds = async () => existsSync(this.#shopFile) && (await readFile(this.#shopFile, 'utf8')).includes(value);
    if (await holds()) return;
    const patience = AbortSignal.timeout(PATIENCE_MS);
    await new Promise<void>((resolve, reject) => {
      const watcher = watch(dirname(this.#shopFile), async () => (await holds()) && finish(resolve));
      const finish = (settle: () => void) => {
        watcher.close();
        settle();
      };
      patience.addEventListener('abort', () => finish(() => reject(new Error('the file did not follow'))));
    });
  }

  get #shopFile(): string {
    return join(this.#root, 'web-1', 'shop.ini');
  }

  #agentDirs(host: string): string[] {
    return ['--config-dir', join(this.#root, host, 'config'), '--state-dir', join(this.#root, host, 'state')];
  }

  async #writeStack(name: string, lines: readonly string[]): Promise<void> {
    await mkdir(join(this.#home, 'stacks'), { recursive: true });
    await writeFile(join(this.#home, 'stacks', name), `${lines.join('\n')}\n`);
    this.#tell(`stacks/${name}`);
    for (const line of lines) this.#tell(`  │ ${line}`);
  }

  async #vigocli(args: readonly string[], input?: string): Promise<Finished> {
    return this.#succeed(await this.#run('vigocli', args, input));
  }

  async #vigo(host: string, [verb = '', ...rest]: readonly string[]): Promise<Finished> {
    return this.#succeed(await this.#run('vigo', [verb, ...this.#agentDirs(host), ...rest]));
  }

  async #run(program: string, args: readonly string[], input?: string): Promise<Finished> {
    this.#tell(`$ ${program} ${args.join(' ').replaceAll(this.#root, '…')}${input === undefined ? '' : ' < value'}`);
    const finished = await this.#programs.run(program, args, input);
    const shown = finished.stdout.startsWith('vget_') ? 'vget_…\n' : finished.stdout;
    for (const line of `${args.includes('--json') ? '' : shown}${finished.stderr}`.trimEnd().split('\n')) {
      if (line !== '') this.#tell(`  ${line.replaceAll(this.#root, '…')}`);
    }
    return finished;
  }

  #succeed(finished: Finished): Finished {
    hold(finished.code === 0, `exit code ${finished.code}`);
    return finished;
  }

  #say(what: string): void {
    process.stdout.write(`\n${++this.#step}. ${what}\n`);
  }

  #tell(what: string): void {
    process.stdout.write(`   ${what}\n`);
  }
}

function flipOneByte(databasePath: string): void {
  const database = new Database(databasePath);
  const { bytes } = database.prepare('SELECT bytes FROM audit_log WHERE seq = ?').get(TAMPERED) as { bytes: Buffer };
  bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1;
  database.prepare('UPDATE audit_log SET bytes = ? WHERE seq = ?').run(bytes, TAMPERED);
  database.close();
}

function hold(claim: boolean, what: string): void {
  if (!claim) throw new Error(`this did not hold: ${what}`);
}

const keep = process.argv.includes('--keep');
const root = await mkdtemp(join(tmpdir(), 'vigo-demo-'));
const demo = new Demo(root);
try {
  await demo.run();
  process.stdout.write('\nEvery step held.\n');
} catch (error) {
  process.stdout.write(`\n${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
if (keep && process.exitCode !== 1) {
  const programs = dirname(process.argv[1] ?? '');
  process.stdout.write(`
It goes on running until Ctrl-C. To play on, in another terminal:
  export VIGO_HOME=${root}/server
  node ${programs}/vigocli.mjs secrets set raw ${KEY}
  cat ${root}/web-1/shop.ini
  node ${programs}/vigocli.mjs envoys list
  node ${programs}/vigocli.mjs audit list
`);
  await new Promise((resolve) => process.once('SIGINT', resolve));
}
await demo.stop();
await rm(root, { recursive: true, force: true });
