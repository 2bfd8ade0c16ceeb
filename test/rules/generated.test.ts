import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './source-graph.js';

const FOLDER = 'lib/gen/proto';

t.test('the code in the tree is what proto/ generates', async (t) => {
  const output = t.testdir();
  execFileSync(process.execPath, ['tools/generate.mjs', output], { cwd: root });
  const made = contents(join(output, FOLDER));
  t.ok(Object.keys(made).length >= 2);
  t.same(contents(join(root, FOLDER)), made);
});

function contents(folder: string): Record<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name));
  return Object.fromEntries(paths.map((path) => [path.slice(folder.length + 1), readFileSync(path, 'utf8')]));
}
