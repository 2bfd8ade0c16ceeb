import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import t, { type Test } from 'tap';
import { directoryExecutor } from '../../../lib/agent/executors/directory.js';
import { redactionOf } from '../../../lib/agent/held/redaction.js';
import { temporaryPath } from '../../../lib/files/index.js';
import type { ResolvedDirectory } from '../../../lib/policy/index.js';

const context = { redaction: redactionOf([]) };

const verbs: Record<string, (path: string) => ResolvedDirectory> = {
  present: (path) => ({ type: 'directory', name: 'it', ensure: 'present', path, mode: 0o750 }),
  absent: (path) => ({ type: 'directory', name: 'it', ensure: 'absent', path }),
};

const states: Record<string, { make: (path: string) => void; present: string; absent: string }> = {
  nothing: { make: () => {}, present: 'creates it', absent: 'ok' },
  'the folder': {
    make: (path) => {
      mkdirSync(path);
      chmodSync(path, 0o750);
    },
    present: 'ok',
    absent: 'removes it',
  },
  'a wider mode': {
    make: (path) => {
      mkdirSync(path);
      chmodSync(path, 0o777);
    },
    present: 'mode 0777 becomes 0750',
    absent: 'removes it',
  },
  'a file': { make: (path) => writeFileSync(path, ''), present: 'refused', absent: 'refused' },
  'a link to a folder': {
    make: (path) => {
      mkdirSync(`${path}-target`);
      chmodSync(`${path}-target`, 0o700);
      symlinkSync(`${path}-target`, path);
    },
    present: 'refused',
    absent: 'refused',
  },
  'a pipe': { make: (path) => execFileSync('mkfifo', [path]), present: 'refused', absent: 'refused' },
};

for (const [state, { make, ...expected }] of Object.entries(states)) {
  for (const [verb, resource] of Object.entries(verbs)) {
    t.test(`${state}, ${verb}`, async (t) => {
      const path = join(t.testdir({}), 'folder');
      make(path);
      const directory = resource(path);
      const change = expected[verb as keyof typeof expected];
      if (change === 'refused') {
        const before = statSync(path).mode;
        await t.rejects(directoryExecutor.check(directory, context), { code: 'refused_resource' });
        await t.rejects(directoryExecutor.apply(directory, context), { code: 'refused_resource' });
        t.equal(statSync(path).mode, before);
        return;
      }
      t.same(await directoryExecutor.check(directory, context), change === 'ok' ? 'ok' : { change });
      if (change !== 'ok') await directoryExecutor.apply(directory, context);
      t.equal(await directoryExecutor.check(directory, context), 'ok', 'a second run changes nothing');
      if (verb === 'present') t.equal(lstatSync(path).mode, 0o040750);
      else t.throws(() => lstatSync(path), { code: 'ENOENT' });
    });
  }
}

t.test('a folder that holds something is not removed', async (t) => {
  const path = t.testdir({ file: 'x' });
  const directory = { type: 'directory', name: 'it', ensure: 'absent', path } as const;
  t.same(await directoryExecutor.check(directory, context), { change: 'removes it' });
  await t.rejects(directoryExecutor.apply(directory, context), { code: 'refused_resource' });
  t.ok(statSync(join(path, 'file')).isFile());
});

t.test('folders above are not made along', async (t) => {
  const path = join(t.testdir({}), 'a/b');
  const directory = { type: 'directory', name: 'it', ensure: 'present', path, mode: 0o755 } as const;
  t.same(await directoryExecutor.check(directory, context), { change: 'creates it' });
  await t.rejects(directoryExecutor.apply(directory, context), { code: 'not_found' });
});

const needsRoot = process.getuid?.() !== 0 && 'only root can make folders of another user';

/** A folder of another user. */
function foreignFolder(t: Test): string {
  const dir = t.testdir({ home: {} });
  chownSync(join(dir, 'home'), 12345, 12345);
  return join(dir, 'home');
}

t.test("another folder that a user renamed to the declared name isn't handed over", { skip: needsRoot }, async (t) => {
  const home = foreignFolder(t);
  mkdirSync(join(home, 'private'), { mode: 0o700 });
  renameSync(join(home, 'private'), join(home, 'declared')); // as its owner can
  const path = join(home, 'declared');
  for (const more of [{ owner: '12345', mode: 0o755 }, { mode: 0o755 }, { mode: 0o500 }]) {
    const declared = { type: 'directory', name: 'it', ensure: 'present', path, ...more } as const;
    await t.rejects(directoryExecutor.apply(declared, context), {
      room: 'files',
      code: 'not_regular',
      hint: /by hand/,
    });
    t.match(statSync(path), { uid: 0, mode: 0o040700 });
  }
  chownSync(path, 12345, 12345);
  await directoryExecutor.apply({ type: 'directory', name: 'it', ensure: 'present', path, mode: 0o755 }, context);
  t.equal(statSync(path).mode, 0o040755, "the user's own can only be that user's doing");
});

t.test("a folder below one that a user renamed isn't handed over", { skip: needsRoot }, async (t) => {
  const home = foreignFolder(t);
  mkdirSync(join(home, 'keys/data'), { recursive: true });
  chmodSync(join(home, 'keys/data'), 0o700);
  renameSync(join(home, 'keys'), join(home, 'app')); // root's, as is what is in it
  const path = join(home, 'app/data');
  const declared = { type: 'directory', name: 'it', ensure: 'present', path, owner: '12345', mode: 0o755 } as const;
  await t.rejects(directoryExecutor.apply(declared, context), { code: 'not_regular', hint: /folders above/ });
  t.match(statSync(path), { uid: 0, mode: 0o040700 });

  chownSync(path, 12345, 12345);
  await directoryExecutor.apply(declared, context);
  t.match(statSync(path), { uid: 12345, mode: 0o040755 }, "the user's own can only be that user's doing");
});

t.test("below a folder that a group of root's can rename, a folder keeps its owner", { skip: needsRoot }, async (t) => {
  const dir = t.testdir({ log: { app: { data: {} } } });
  const path = join(dir, 'log/app/data');
  const declared = { type: 'directory', name: 'it', ensure: 'present', path, mode: 0o750 } as const;
  for (const each of [dir, join(dir, 'log/app'), path]) chmodSync(each, 0o755);
  for (const [mode, isRefused] of [
    [0o775, true], // /var/log of Ubuntu
    [0o1777, false],
    [0o755, false],
  ] as const) {
    chmodSync(join(dir, 'log'), mode);
    for (const each of [join(dir, 'log/app'), path]) chownSync(each, 12345, 12345);
    chmodSync(path, 0o755);
    await directoryExecutor.apply(declared, context);
    t.match(statSync(path), { uid: 12345, mode: 0o040750 }, 'its mode can be set');
    const given = directoryExecutor.apply({ ...declared, owner: '23456' }, context);
    await (isRefused ? t.rejects(given, { code: 'not_regular' }) : given);
    t.equal(statSync(path).uid, isRefused ? 12345 : 23456);
  }
});

t.test('a folder is made in a folder of another user, however that user renames', { skip: needsRoot }, async (t) => {
  const home = foreignFolder(t);
  const directory = { type: 'directory', name: 'it', ensure: 'present', mode: 0o755, owner: '12345' } as const;
  // A user who puts a folder of root in the place of whatever appears, as fast as it can.
  const victim = join(home, 'victim');
  mkdirSync(join(victim, 'inner'), { recursive: true });
  chmodSync(victim, 0o700);
  const { ino } = lstatSync(victim);
  const script = `
    import { readdirSync, renameSync } from 'node:fs';
    process.setuid(12345);
    process.send('ready');
    const home = ${JSON.stringify(`${home}/`)};
    let victim = 'victim';
    for (;;) for (const name of readdirSync(home)) {
      if (name === victim || name.startsWith('gone')) continue;
      try {
        renameSync(home + name, home + 'gone' + Math.random());
        renameSync(home + victim, home + name);
        victim = name;
      } catch {}
    }`;
  const execArgv = ['--input-type=module', '-e', script];
  const user = fork('-', { execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  t.teardown(() => user.kill('SIGKILL'));
  await once(user, 'message');
  for (let i = 0; i < 20; i++) {
    await directoryExecutor.apply({ ...directory, path: join(home, `made${i}`) }, context).catch(() => {});
  }
  user.kill('SIGKILL');
  await once(user, 'close');
  const found = readdirSync(home).map((name) => lstatSync(join(home, name)));
  t.match(
    found.find((each) => each.ino === ino),
    { uid: 0, mode: 0o040700 },
  );
});

t.test(
  'a default ACL opens no new folder',
  { skip: needsRoot || (!existsSync('/usr/bin/setfacl') && 'setfacl is not installed (Debian: acl)') },
  async (t) => {
    const home = foreignFolder(t);
    execFileSync('setfacl', ['-m', 'd:u:65534:rwx', home]);
    const directory = { type: 'directory', name: 'it', ensure: 'present', path: join(home, 'it') } as const;
    await t.rejects(directoryExecutor.apply({ ...directory, mode: 0o750 }, context), { code: 'refused_resource' });
    t.same(readdirSync(home), []);
    await directoryExecutor.apply({ ...directory, mode: 0o700 }, context);
    t.equal(statSync(directory.path).mode, 0o040700);
  },
);

t.test(
  'a folder that is taken from a user keeps no ACL of that user',
  { skip: needsRoot || (!existsSync('/usr/bin/setfacl') && 'setfacl is not installed (Debian: acl)') },
  async (t) => {
    const path = foreignFolder(t);
    chmodSync(path, 0o755);
    const declared = { type: 'directory', name: 'it', ensure: 'present', path, owner: '0', mode: 0o770 } as const;
    for (const acl of ['u:65534:rwx', 'd:u:65534:rwx']) {
      execFileSync('setfacl', ['-m', acl, path]);
      chmodSync(path, 0o755);
      await t.rejects(directoryExecutor.apply(declared, context), { code: 'refused_resource', hint: /setfacl -b/ });
      t.match(statSync(path), { uid: 12345, mode: 0o040755 });
      execFileSync('setfacl', ['-b', path]);
    }
    await directoryExecutor.apply(declared, context);
    t.match(statSync(path), { uid: 0, mode: 0o040770 });
  },
);

t.test('what a killed run left of a folder goes', async (t) => {
  const dir = t.testdir({});
  const outer = temporaryPath(dir);
  mkdirSync(join(outer, basename(outer)), { recursive: true });
  const path = join(dir, 'it');
  await directoryExecutor.apply({ type: 'directory', name: 'it', ensure: 'present', path, mode: 0o755 }, context);
  t.same(readdirSync(dir), ['it']);
});
