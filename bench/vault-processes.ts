import { type SpawnSyncOptions, spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROUNDS = 31;
const VALUE = 'postgres://shop:correct-horse@db.internal/shop';
const VIGOCLI = fileURLToPath(new URL('../vigocli.mjs', import.meta.url));

interface Contender {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** What it prints; a trailing newline counts as none. */
  readonly prints: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Puts the value where the command finds it. Throws where the tool isn't installed. */
  readonly prepare?: () => void;
}

/** Whole processes that show one secret, taking turns. What isn't installed is named and left out. */
export function raceProcesses(folder: string): string[][] {
  const lanes = contenders(folder).flatMap((contender) => {
    try {
      contender.prepare?.();
      return [{ contender, times: [] as number[] }];
    } catch (cause) {
      console.log(`left out: ${contender.name} (${cause instanceof Error ? cause.message : cause})`);
      return [];
    }
  });
  for (const { contender } of lanes) {
    const printed = run(contender.command, { env: contender.env }).replace(/\n$/, '');
    if (printed !== contender.prints) throw new Error(`${contender.name} prints something else`);
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { contender, times } of lanes) {
      const start = performance.now();
      run(contender.command, { env: contender.env });
      times.push(performance.now() - start);
    }
  }
  const base = lanes[0]?.times ?? [];
  const rows = lanes.map(({ contender, times }) => {
    const ratios = times.map((ms, round) => ms / (base[round] ?? Number.NaN));
    return [
      contender.name,
      ...[median(times), Math.min(...times)].map((ms) => `${ms.toFixed(1)} ms`),
      median(ratios).toFixed(2),
    ];
  });
  return [['whole process', 'median', 'fastest', '/ node -e 0'], ['---', '---:', '---:', '---:'], ...rows];
}

function contenders(folder: string): Contender[] {
  const at = (name: string) => join(folder, name);
  const vigo = { ...process.env, VIGO_HOME: at('home') };
  const gpg = { ...process.env, GNUPGHOME: at('gnupg'), PASSWORD_STORE_DIR: at('store') };
  const vigocli = (...words: string[]): [string, ...string[]] => [process.execPath, VIGOCLI, 'secrets', ...words];
  return [
    { name: 'node -e 0', command: [process.execPath, '-e', '0'], prints: '' },
    {
      name: 'vigocli secrets reveal',
      command: vigocli('reveal', 'db/dsn'),
      prints: VALUE,
      env: vigo,
      prepare() {
        writeFileSync(at('passphrase'), 'correct horse battery staple', { mode: 0o600 });
        run(vigocli('init', '--passphrase-file', at('passphrase')), { env: vigo });
        run(vigocli('unlock', '--passphrase-file', at('passphrase')), { env: vigo });
        run(vigocli('set', 'raw', 'db/dsn'), { env: vigo, input: VALUE });
      },
    },
    { name: 'vigocli secrets list', command: vigocli('list'), prints: 'db/dsn', env: vigo },
    {
      name: 'age -d',
      command: ['age', '-d', '-i', at('age-key'), at('age-file')],
      prints: VALUE,
      prepare() {
        run(['age-keygen', '-o', at('age-key')]);
        run(['age', '-e', '-i', at('age-key'), '-o', at('age-file')], { input: VALUE });
      },
    },
    {
      name: 'pass show',
      command: ['pass', 'show', 'db/dsn'],
      prints: VALUE,
      env: gpg,
      prepare() {
        mkdirSync(at('gnupg'), { mode: 0o700 });
        run(['gpg', '--batch', '--passphrase', '', '--quick-generate-key', 'bench'], { env: gpg });
        run(['pass', 'init', 'bench'], { env: gpg });
        run(['pass', 'insert', '--multiline', 'db/dsn'], { env: gpg, input: VALUE });
      },
    },
    {
      name: 'ansible-vault view',
      command: ['ansible-vault', 'view', '--vault-password-file', at('passphrase'), at('ansible-file')],
      prints: VALUE,
      env: { ...process.env, PAGER: 'cat', LC_ALL: 'C.UTF-8' },
      prepare() {
        writeFileSync(at('ansible-file'), VALUE);
        run(['ansible-vault', 'encrypt', '--vault-password-file', at('passphrase'), at('ansible-file')], {
          env: { ...process.env, LC_ALL: 'C.UTF-8' },
        });
      },
    },
  ];
}

/** @throws Error where the program is missing or fails */
function run([program = '', ...args]: readonly string[], options: SpawnSyncOptions = {}): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, options);
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${program} ended with ${status}: ${stderr}`);
  return String(stdout);
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
