import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { type Demand, findExposedAbove, findExposures, type OthersMay } from '../../lib/files/index.js';

const uid = process.geteuid?.() ?? 0;
const isRoot = uid === 0;

function problems(demand: Demand): string[] {
  return [...findExposures(demand)].map(({ path, problem }) => problem.replaceAll(path, '').trim());
}

t.test('each demand draws its own line', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file');
  const modes: [number, OthersMay[]][] = [
    [0o600, ['nothing', 'read', 'group writes']],
    [0o640, ['read', 'group writes']],
    [0o604, ['read', 'group writes']],
    [0o620, ['group writes']],
    [0o602, []],
  ];
  for (const [mode, met] of modes) {
    chmodSync(path, mode);
    for (const othersMay of ['nothing', 'read', 'group writes'] as const) {
      t.equal(
        problems({ path, othersMay }).length,
        met.includes(othersMay) ? 0 : 1,
        `${mode.toString(8)} ${othersMay}`,
      );
    }
  }
  chmodSync(path, 0o640);
  t.match(problems({ path, othersMay: 'nothing' }), [/0640: its group can read/]);
  chmodSync(path, 0o602);
  t.match(problems({ path, othersMay: 'nothing' }), [/0602: everybody can write/]);
});

t.test('all below a folder, links not followed; what is not there is not exposed', async (t) => {
  const dir = t.testdir({ a: { b: { c: '' } }, open: '' });
  for (const path of [dir, join(dir, 'a'), join(dir, 'a/b')]) chmodSync(path, 0o700);
  chmodSync(join(dir, 'a/b/c'), 0o644);
  chmodSync(join(dir, 'open'), 0o666);
  symlinkSync('../open', join(dir, 'a/link'));
  const found = [...findExposures({ path: join(dir, 'a'), othersMay: 'nothing', deep: true })];
  t.same(
    found.map(({ path }) => path),
    [join(dir, 'a/b/c')],
  );
  t.match(found[0]?.hint, `chmod go-rwx ${join(dir, 'a/b/c')}`);
  t.same(problems({ path: join(dir, 'a'), othersMay: 'nothing' }), [], 'the folder alone');
  t.same(problems({ path: join(dir, 'none'), othersMay: 'nothing', deep: true }), []);
});

t.test('whose it may be', async (t) => {
  const path = join(t.testdir({ file: '' }), 'file');
  chmodSync(path, 0o600);
  t.same(problems({ path, othersMay: 'nothing', owners: [uid] }), []);
  t.same(problems({ path, othersMay: 'nothing', owners: [uid + 1, uid] }), []);
  t.match(problems({ path, othersMay: 'nothing', owners: [uid + 1] }), [
    `belongs to user ${uid}, not to user ${uid + 1}`,
  ]);
});

t.test('a folder that this user may not look into', { skip: !isRoot && 'needs another user' }, async (t) => {
  const dir = t.testdir({ closed: {} });
  chmodSync(join(dir, 'closed'), 0o700);
  process.seteuid?.(65_534);
  try {
    t.match(problems({ path: join(dir, 'closed'), othersMay: 'nothing', deep: true }), [/permission denied/]);
  } finally {
    process.seteuid?.(0);
  }
});

t.test('a folder above that others can write in, unless it is sticky', async (t) => {
  const dir = t.testdir({ shared: { home: {} } });
  const [shared, home] = [join(dir, 'shared'), join(dir, 'shared/home')];
  const above = () => [...findExposedAbove(home, [uid, 0])].map(({ path }) => path).includes(shared);
  chmodSync(shared, 0o755);
  t.notOk(above());
  chmodSync(shared, 0o777);
  t.ok(above());
  chmodSync(shared, 0o1777);
  t.notOk(above());
});

t.test('a folder above that is somebody else’s', { skip: !isRoot && 'needs another user' }, async (t) => {
  const home = join(t.testdir(), 'theirs/home');
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, 'file'), '');
  chownSync(join(home, '..'), 65_534, 65_534);
  const found = [...findExposedAbove(home, [0])].map(({ problem }) => problem);
  t.ok(found.some((problem) => /theirs belongs to user 65534/.test(problem)));
});
