import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName } from '../../lib/base/index.js';
import { type Kit, makeUnlocked } from './kit.js';

const KEY = parseKeyName('vigo/counter');

/** Sets the key `TIMES` times to `<name> <n>`, saying each version once it is stored. */
const writer = `
  import { openVault } from ${JSON.stringify(new URL('../../lib/vault/index.ts', import.meta.url))};
  import { sqliteLock } from ${JSON.stringify(new URL('./kit.ts', import.meta.url))};
  const { SECRETS_DIR, LOCK, NAME, TIMES } = process.env;
  const vault = openVault({
    secretsDir: SECRETS_DIR, lock: sqliteLock(LOCK), journal: { record: async () => {} },
    clock: { nowMs: () => 1_800_000_000_000 }, actor: NAME,
  });
  for (let i = 1; i <= Number(TIMES); i++) {
    console.log(await vault.set(${JSON.stringify(KEY)}, Buffer.from(NAME + ' ' + i), { kind: 'raw' }));
  }`;

function startWriter({ secretsDir, home }: Kit, name: string, times: number) {
  const env = {
    ...process.env,
    SECRETS_DIR: secretsDir,
    LOCK: join(home, 'vault.lock'),
    NAME: name,
    TIMES: `${times}`,
  };
  const args = ['--import', '@tapjs/typescript/import', '--input-type=module', '-e', writer];
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const said: number[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => said.push(...text.trim().split('\n').map(Number)));
  return { child, said, ended: once(child, 'exit') };
}

t.test('writers in several processes: every version is written once', async (t) => {
  const kit = await makeUnlocked(t);
  const writers = ['a', 'b'].map((name) => startWriter(kit, name, 10));
  for (const { ended } of writers) t.same(await ended, [0, null]);
  const versions = writers.flatMap(({ said }) => said).sort((a, b) => a - b);
  t.same(
    versions,
    Array.from({ length: 20 }, (_, i) => i + 1),
  );
});

t.test('a writer that is killed lets go of the lock, and leaves an old value or a new one', async (t) => {
  const kit = await makeUnlocked(t);
  let last = 0;
  for (const name of ['a', 'b']) {
    const { child, said, ended } = startWriter(kit, name, 1e6);
    for (let times = 0; times < 3; times++) await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await ended;
    const { version, value } = await (await kit.reader()).open(KEY);
    const stored = said.at(-1) ?? 0;
    t.ok(version === stored || version === stored + 1, `${version} after ${stored}`);
    t.equal(Buffer.from(value.expose()).toString(), `${name} ${version - last}`);
    last = await kit.vault.set(KEY, Buffer.from('between'), { kind: 'raw' });
    t.equal(last, version + 1);
  }
});
