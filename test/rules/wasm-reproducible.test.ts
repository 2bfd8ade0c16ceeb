import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

t.test('the kernel that is embedded is the one that its sources give', async (t) => {
  const rebuilt = t.testdir();
  await promisify(execFile)(process.execPath, [join(root, 'tools/build-wasm.mjs'), rebuilt]);
  const embedded = join(root, 'lib/gen/wasm');
  t.strictSame(readdirSync(rebuilt), readdirSync(embedded));
  for (const file of readdirSync(embedded)) {
    t.equal(readFileSync(join(rebuilt, file), 'utf8'), readFileSync(join(embedded, file), 'utf8'), file);
  }
});
