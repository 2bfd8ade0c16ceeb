import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { root } from './source-graph.js';

const document = readFileSync(join(root, 'docs/crypto.md'), 'utf8');
const examples = [...document.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code = '']) => code);

// Below the project's root, where `vigo/crypto` is what the package exports.
const folder = t.testdir();
const files = examples.map((code, i) => {
  const file = join(folder, `example-${i + 1}.mjs`);
  writeFileSync(file, code);
  return file;
});

t.test('every example of docs/crypto.md prints what it says', async (t) => {
  t.ok(examples.length >= 6);
  for (const [i, code] of examples.entries()) {
    const expected = [...code.matchAll(/console\.log\(.*\); \/\/ (.*)$/gm)].map(([, text]) => `${text}\n`);
    t.ok(expected.length > 0, `example ${i + 1} prints something`);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-addons', files[i] ?? ''], {
      encoding: 'utf8',
      env: {},
    });
    t.same({ status, stdout, stderr }, { status: 0, stdout: expected.join(''), stderr: '' });
  }
});

t.test('the exported types fit them, and refuse what is wrong', async (t) => {
  const misuse = join(folder, 'misuse.mts');
  const lines = [
    "import { loadAes256Gcm, loadSha256 } from 'vigo/crypto';",
    'const key = (await loadAes256Gcm()).importKey(new Uint8Array(32));',
    '// @ts-expect-error associated data are required',
    'key.seal(new Uint8Array(1));',
    '// @ts-expect-error text is not bytes',
    "(await loadSha256()).digest('abc');",
  ];
  writeFileSync(misuse, lines.join('\n'));
  const strict = ['--noEmit', '--strict', '--allowJs', '--checkJs', '--module', 'nodenext', '--target', 'es2022'];
  const options = [...strict, '--skipLibCheck', '--types', 'node'];
  const { status, stdout } = spawnSync(
    process.execPath,
    ['node_modules/typescript/bin/tsc', ...options, ...files, misuse],
    { cwd: root, encoding: 'utf8' },
  );
  t.same({ status, stdout }, { status: 0, stdout: '' });
});
