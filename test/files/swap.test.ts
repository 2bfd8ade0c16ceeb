import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { readSwap } from '../../lib/files/index.js';

const HEADER = 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n';

function roots(t: Test, ...areas: string[]): { proc: string; sys: string } {
  const lines = areas.map((path) => `${path}                              partition\t1048572\t\t0\t\t-2\n`);
  const dir = t.testdir({
    proc: { swaps: HEADER + lines.join('') },
    sys: { class: { block: {} }, dev: { block: {} } },
  });
  return { proc: join(dir, 'proc'), sys: join(dir, 'sys') };
}

/** A block device as /sys shows it. */
function device(path: string, { uuid, slaves = {} }: { uuid?: string; slaves?: Record<string, string> }): void {
  mkdirSync(join(path, 'slaves'), { recursive: true });
  mkdirSync(join(path, 'dm'));
  if (uuid !== undefined) writeFileSync(join(path, 'dm/uuid'), `${uuid}\n`);
  for (const [name, uuid] of Object.entries(slaves)) device(join(path, 'slaves', name), { uuid });
}

const lies = (areas: ReturnType<typeof readSwap>) => areas?.map((area) => area.lies);

t.test('none, and none that can be seen', async (t) => {
  t.same(readSwap(roots(t)), []);
  t.equal(readSwap({ proc: '/nowhere', sys: '/nowhere' }), undefined);
});

t.test('in memory; a device that says nothing; a name with a space', async (t) => {
  const areas = readSwap(roots(t, '/dev/zram0', '/dev/no-such-device', '/a\\040b'));
  t.same(lies(areas), ['in memory', 'unknown', 'unknown']);
  t.equal(areas?.[2]?.path, '/a b');
});

t.test('dm-crypt, also below LVM; not where one part is in the clear', async (t) => {
  for (const [what, made, expected] of [
    ['dm-crypt', { uuid: 'CRYPT-PLAIN-swap' }, 'on an encrypted device'],
    ['LVM on it', { uuid: 'LVM-x', slaves: { 'dm-0': 'CRYPT-LUKS2-y' } }, 'on an encrypted device'],
    ['LVM on two', { uuid: 'LVM-x', slaves: { 'dm-0': 'CRYPT-LUKS2-y', sdb: 'mpath-z' } }, 'unknown'],
    ['LVM alone', { uuid: 'LVM-x' }, 'unknown'],
  ] as const) {
    // A device node that every system has stands in for the swap.
    const { proc, sys } = roots(t, '/dev/null');
    device(join(sys, 'class/block/null'), made);
    t.same(lies(readSwap({ proc, sys })), [expected], what);
  }
});

t.test('a file lies on the device of its file system', async (t) => {
  const file = join(t.testdir({ swap: '' }), 'swap');
  const { proc, sys } = roots(t, file);
  writeFileSync(file, '');
  const { dev } = statSync(file);
  const number = `${(dev >> 8) & 0xfff}:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`;
  device(join(sys, 'dev/block', number), { uuid: 'CRYPT-LUKS2-y' });
  t.same(lies(readSwap({ proc, sys })), ['on an encrypted device']);
});
