import { symlinkSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { homePaths } from '../../lib/base/index.js';
import { readSettings } from '../../lib/settings/index.js';
import { loadedAtOnce, packageOf, readImports } from '../rules/source-graph.js';

t.test('a home without the file', async (t) => {
  t.equal(await readSettings(homePaths(t.testdir())), undefined);
  t.equal(await readSettings(homePaths(join(t.testdir(), 'none'))), undefined);
});

t.test('in its usual place, and in another', async (t) => {
  const dir = t.testdir({ 'server.yaml': 'database: {dsn: /a}', 'other.yaml': 'database: {dsn: /b}' });
  const home = homePaths(dir);
  const dsn = async (file?: string) => (await readSettings(home, file))?.place('database.dsn');
  t.equal(await dsn(), '/a');
  t.equal(await dsn(join(dir, 'other.yaml')), '/b');
  symlinkSync('other.yaml', join(dir, 'link.yaml'));
  t.equal(await dsn(join(dir, 'link.yaml')), '/b');
});

t.test('what is named must be there, and what is there must be a file of some size', async (t) => {
  const home = homePaths(t.testdir({ 'server.yaml': { a: '' }, large: '' }));
  await t.rejects(readSettings(home, join(home.root, 'none')), { name: 'SettingsError', code: 'missing_file' });
  await t.rejects(readSettings(home), { name: 'FilesError', code: 'not_regular' });
  truncateSync(join(home.root, 'large'), 2 ** 21);
  await t.rejects(readSettings(home, join(home.root, 'large')), { name: 'FilesError', code: 'too_large' });
});

t.test('says that VIGO_CONFIG_FILE is set and empty', async (t) => {
  await t.rejects(readSettings(homePaths(t.testdir()), ''), {
    code: 'missing_file',
    message: 'VIGO_CONFIG_FILE is set and empty',
  });
});

t.test('the room loads neither YAML nor checks before there is a file to read', async (t) => {
  const imports = readImports('lib');
  const packages = (entry: string) => new Set([...loadedAtOnce(imports, entry)].flatMap((to) => packageOf(to) ?? []));
  t.same([...packages('lib/settings/index.ts')], []);
  t.same([...packages('lib/settings/written-settings.ts')].sort(), ['yaml', 'zod']);
});
