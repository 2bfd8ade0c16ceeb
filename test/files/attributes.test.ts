import { linkSync, lstatSync, mkdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { FilesError, setAttributes } from '../../lib/files/index.js';

const uid = process.getuid?.() ?? 0;
const gid = process.getgid?.() ?? 0;

function modeOf(path: string): number {
  return lstatSync(path).mode & 0o7777;
}

t.test('mode of a file and of a folder, whatever the umask', async (t) => {
  const dir = t.testdir({ file: '', folder: {} });
  for (const mode of [0o600, 0o666, 0o755, 0o4711]) {
    await setAttributes(join(dir, 'file'), { mode, owner: { uid, gid } });
    t.equal(modeOf(join(dir, 'file')), mode);
  }
  await setAttributes(join(dir, 'folder'), { mode: 0o1777 });
  t.equal(modeOf(join(dir, 'folder')), 0o1777);
});

t.test('owner, and the mode stays', { skip: uid !== 0 && 'only root gives files away' }, async (t) => {
  const dir = t.testdir({});
  const path = join(dir, 'file');
  writeFileSync(path, '', { mode: 0o640 });
  await setAttributes(path, { owner: { uid: 12345, gid: 54321 } });
  t.match(statSync(path), { uid: 12345, gid: 54321 });
  t.equal(modeOf(path), 0o640);
});

t.test('neither a link nor a file with a second name', async (t) => {
  const dir = t.testdir({ target: '' });
  mkdirSync(join(dir, 'folder'));
  symlinkSync('target', join(dir, 'link'));
  symlinkSync('folder', join(dir, 'folder-link'));
  const mode = modeOf(join(dir, 'target'));
  for (const link of ['link', 'folder-link']) {
    await t.rejects(setAttributes(join(dir, link), { mode: 0o777 }), { constructor: FilesError, code: 'not_regular' });
  }
  linkSync(join(dir, 'target'), join(dir, 'second'));
  await t.rejects(setAttributes(join(dir, 'second'), { mode: 0o777 }), { code: 'not_regular' });
  t.equal(modeOf(join(dir, 'target')), mode);
  await t.rejects(setAttributes(join(dir, 'none'), { mode: 0o600 }), { code: 'not_found' });
});
