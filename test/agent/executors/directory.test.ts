import { execFileSync } from 'node:child_process';
import { chmodSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { directoryExecutor } from '../../../lib/agent/executors/directory.js';
import { redactionOf } from '../../../lib/agent/redaction.js';
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
