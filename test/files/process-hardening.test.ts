import { execFileSync } from 'node:child_process';
import t from 'tap';

const program = `
  import { readFileSync } from 'node:fs';
  import { url } from 'node:inspector';
  import { hardenProcess } from ${JSON.stringify(new URL('../../lib/files/index.ts', import.meta.url))};
  hardenProcess();
  hardenProcess();
  const listeners = process.listenerCount('SIGUSR1');
  const alive = setInterval(() => {}, 1e6);
  process.on('SIGUSR1', () => {
    clearInterval(alive);
    const filter = Number.parseInt(readFileSync('/proc/self/coredump_filter', 'utf8'), 16);
    console.log(JSON.stringify({ listeners, filter, debugger: url() ?? 'closed' }));
  });
  process.kill(process.pid, 'SIGUSR1');`;

t.test('its memory goes into no core dump, and no signal opens the debugger', async (t) => {
  const node = ['--import', '@tapjs/typescript/import', '--input-type=module', '-e', program];
  const said = JSON.parse(execFileSync(process.execPath, node, { encoding: 'utf8' }));
  t.same(said, { listeners: 1, filter: 0, debugger: 'closed' });
});
