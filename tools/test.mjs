// Builds the programs, makes tap's plugin set where it is missing, runs the tests, and counts them in its last line.
// Arguments go to tap.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

prepare('node', ['tools/build.mjs']);
if (!existsSync('.tap/plugins')) prepare('node_modules/.bin/tap', ['build']);

const tap = spawn('node_modules/.bin/tap', ['--reporter=tap', ...process.argv.slice(2)], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const counts = { pass: 0, fail: 0, skip: 0 };
let failing = false;
for await (const line of createInterface({ input: tap.stdout })) {
  const summary = /^# \{ total: .* \}$/.exec(line);
  for (const [, name, count] of summary?.[0].matchAll(/(pass|fail|skip): (\d+)/g) ?? []) counts[name] = Number(count);
  // A line per file, and whatever failed in full.
  if (/^\s*not ok /.test(line)) failing = true;
  if (failing || /^(ok|not ok|Bail out)/.test(line)) console.log(line);
  if (/^\s*\.\.\.$/.test(line)) failing = false;
}
const status = await new Promise((resolve) =>
  tap.exitCode === null ? tap.once('close', resolve) : resolve(tap.exitCode),
);
console.log(`${counts.pass} passed, ${counts.fail} failed${counts.skip > 0 ? `, ${counts.skip} skipped` : ''}`);
process.exitCode = status === 0 && counts.fail === 0 && counts.pass > 0 ? 0 : 1;

function prepare(program, args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
