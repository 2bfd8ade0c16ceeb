import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import t from 'tap';
import { utf8 } from '../../lib/base/index.js';
import { withScratchFile } from '../../lib/files/index.js';

const VALUE = utf8('CANARY');

t.test('a private file in a private folder, in memory where there is such a place', async (t) => {
  const read = await withScratchFile(VALUE, async (scratch) => {
    t.equal(statSync(scratch.path).mode & 0o7777, 0o600);
    t.equal(statSync(dirname(scratch.path)).mode & 0o7777, 0o700);
    t.equal(scratch.inMemory, statfsSync(scratch.path).type === 0x01021994);
    t.same(readFileSync(scratch.path), Buffer.from(VALUE));
    writeFileSync(scratch.path, 'edited');
    await t.rejects(scratch.read(5), { code: 'too_large' });
    return scratch.read(100);
  });
  t.same(read, utf8('edited'));
});

t.test('whether anybody wrote to it, be it the same again, in place or by another file', async (t) => {
  await withScratchFile(VALUE, async ({ path, wasWritten }) => {
    readFileSync(path);
    t.notOk(wasWritten());
    writeFileSync(path, VALUE);
    t.ok(wasWritten());
  });
  await withScratchFile(VALUE, async ({ path, wasWritten }) => {
    writeFileSync(`${path}~`, VALUE);
    renameSync(`${path}~`, path);
    t.ok(wasWritten());
  });
});

t.test('afterwards it is overwritten and gone, with every copy beside it, also where the work failed', async (t) => {
  const failure = new Error('the editor');
  let folder = '';
  let witness = '';
  await t.rejects(
    withScratchFile(VALUE, async ({ path }) => {
      folder = dirname(path);
      witness = `${folder}-witness`;
      linkSync(path, witness);
      mkdirSync(join(folder, 'backups'));
      writeFileSync(join(folder, 'backups/value~'), VALUE);
      throw failure;
    }),
    failure,
  );
  t.notOk(existsSync(folder));
  t.notOk(readFileSync(witness).includes('CANARY'), 'what another name still reaches is wiped');
  rmSync(witness);
});

t.test('a link that an editor left leads to nothing that is wiped', async (t) => {
  const elsewhere = t.testdir({ file: 'precious' });
  let folder = '';
  await withScratchFile(VALUE, async ({ path }) => {
    folder = dirname(path);
    symlinkSync(elsewhere, join(folder, 'link'));
    symlinkSync(join(elsewhere, 'file'), join(folder, 'link-to-file'));
  });
  t.equal(readFileSync(join(elsewhere, 'file'), 'utf8'), 'precious');
  t.notOk(existsSync(folder));
});

t.test('it is gone whatever an editor did to its permissions, and where the editor removed it', async (t) => {
  let folder = '';
  await withScratchFile(VALUE, async ({ path }) => {
    folder = dirname(path);
    mkdirSync(join(folder, 'sub'));
    writeFileSync(join(folder, 'sub/value~'), VALUE);
    chmodSync(join(folder, 'sub/value~'), 0o400);
    chmodSync(join(folder, 'sub'), 0);
  });
  t.notOk(existsSync(folder));
  await t.rejects(
    withScratchFile(VALUE, async ({ path, read }) => {
      rmSync(dirname(path), { recursive: true });
      return read(100);
    }),
    { code: 'not_found' },
  );
});

t.test('a folder of another user is no place for it', async (t) => {
  const theirs = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'theirs-'));
  const { env } = process;
  t.teardown(() => {
    process.env = env;
    rmSync(theirs, { recursive: true });
  });
  if (process.geteuid?.() === 0) chownSync(theirs, 65534, 65534);
  else chmodSync(theirs, 0o777);
  process.env = { ...env, TMPDIR: theirs, XDG_RUNTIME_DIR: theirs };
  await withScratchFile(VALUE, async ({ path }) => t.notOk(path.startsWith(theirs))).catch(({ code }) =>
    t.equal(code, 'not_private'),
  );
});

t.test('a signal wipes it, and still ends the process', async (t) => {
  const script = `
    import { withScratchFile } from ${JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url))};
    await withScratchFile(Buffer.from('CANARY'), ({ path }) => {
      console.log(path);
      process.kill(process.pid, 'SIGINT'); // the terminal's, meant for the editor
      return new Promise(() => setInterval(() => {}, 1000));
    });`;
  const args = ['--import', '@tapjs/typescript/import', '--input-type=module', '-e', script];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [path] = await once(child.stdout.setEncoding('utf8'), 'data');
  t.ok(existsSync(String(path).trim()));
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [null, 'SIGTERM']);
  t.notOk(existsSync(dirname(String(path).trim())));
});
