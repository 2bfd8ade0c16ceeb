import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readCoreDumps } from '../../lib/files/index.js';

const MODULE = fileURLToPath(new URL('../../lib/files/process/core-dumps.ts', import.meta.url));

t.test('what the kernel says of a process', { skip: !existsSync('/proc/self/limits') && 'needs Linux' }, async (t) => {
  const script = `
    const { readCoreDumps } = await import(${JSON.stringify(MODULE)});
    console.log(JSON.stringify([readCoreDumps('self'), readCoreDumps(process.pid)]));`;
  const node = `exec "$0" --import @tapjs/typescript/import --input-type=module -e "$1"`;
  for (const [limits, limit, filter] of [
    ['ulimit -c 0; echo 0x33 > /proc/self/coredump_filter', '0', 0x33],
    ['ulimit -S -c 0; echo 0 > /proc/self/coredump_filter', '0', 0],
  ] as const) {
    const { stdout } = spawnSync('sh', ['-c', `${limits}; ${node}`, process.execPath, script], { encoding: 'utf8' });
    const [self, byId] = JSON.parse(stdout);
    t.match(self, { limit, filter });
    t.same(byId, self);
  }
});

t.test('a limit, a filter and a pipe', async (t) => {
  const proc = t.testdir({
    '7': { limits: 'Limit  Soft Limit\nMax core file size        unlimited            unlimited            bytes\n' },
    sys: { kernel: { core_pattern: '|/usr/lib/systemd/systemd-coredump %P\n' } },
  });
  t.same(readCoreDumps(7, proc), { limit: 'unlimited', filter: undefined, piped: true });
  t.same(readCoreDumps(8, join(proc, 'none')), { limit: undefined, filter: undefined, piped: undefined });
});
