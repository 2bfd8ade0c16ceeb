import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { ownerOfMark, processMark } from '../../lib/files/process-mark.js';

t.test('a living process, a dead one, and what only got its id', async (t) => {
  const mine = await processMark();
  t.same(await ownerOfMark(mine), { pid: process.pid, is: 'alive' });
  const child = spawn('sleep', ['1000']);
  const mark = await processMark(child.pid);
  t.match(await ownerOfMark(mark), { pid: child.pid, is: 'alive' });
  child.kill('SIGKILL');
  await once(child, 'exit');
  t.match(await ownerOfMark(mark), { is: 'dead' });
  t.match(await ownerOfMark(`${mine}1`), { is: 'dead' }, 'started at another time');
  t.match(await ownerOfMark(mine.replace(/^[^-]+/, '0')), { is: 'dead' }, 'before the machine was started');
  t.match(await ownerOfMark(mine.replace(/-[0-9]+-/, '-1-')), { is: 'unseen' }, 'in another container');
});

t.test("other names are nobody's", async (t) => {
  for (const mark of ['', 'x', '1-2-3', '1-2-0-4', '1-2-3-4-5', `${await processMark()}x`]) {
    t.equal(await ownerOfMark(mark), undefined, mark);
  }
});
