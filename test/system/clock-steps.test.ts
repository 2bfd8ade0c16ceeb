import { spawnSync } from 'node:child_process';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { startShop } from './start-fleet.js';

const library = spawnSync('faketime', ['-f', '+0', 'printenv', 'LD_PRELOAD'], { encoding: 'utf8' }).stdout?.trim();
const skip = library ? false : 'faketime(1), which sets the clock of a running program, is missing';

const DAY_MS = 86_400_000;

t.test('a clock that is set while agent and server run holds no repair back', { skip }, async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'vigo-clock-'));
  t.teardown(() => rmSync(dir, { recursive: true, force: true }));
  const setClock = (offset: string) => {
    writeFileSync(join(dir, 'new'), `${offset}\n`);
    renameSync(join(dir, 'new'), join(dir, 'clock'));
  };
  setClock('+0');
  const { fleet, file, whenIs } = await startShop(t, {
    LD_PRELOAD: library ?? '',
    FAKETIME_TIMESTAMP_FILE: join(dir, 'clock'),
    FAKETIME_NO_CACHE: '1',
    FAKETIME_DONT_FAKE_MONOTONIC: '1',
  });
  await fleet.enroll('web-1');
  const agent = fleet.startAgent('web-1', '--interval', '1s');
  await whenIs('first');

  for (const offset of ['-90', '-3600', '+0', '+25d', '+56d', '+96d']) {
    setClock(offset);
    rmSync(file);
    await whenIs('first');
    t.pass(`repaired at ${offset}`);
  }
  const now = new Date(Date.now() + 96 * DAY_MS).toISOString();
  t.match(agent.said, new RegExp(`^${now.slice(0, 7)}`, 'm'), 'and the clock was set indeed');
  t.notMatch(agent.said, /too often|quarantine/);
});
