import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { lineWriter } from '../../lib/files/index.js';

const describeLoss = (lost: number) => `${lost} lost\n`;

t.test('a line that a full disk refuses is dropped, and nothing is thrown', async (t) => {
  const fd = openSync('/dev/full', 'w');
  t.teardown(() => closeSync(fd));
  const write = lineWriter(fd, describeLoss);
  for (let i = 0; i < 3; i++) write('a line\n');
  t.pass('nothing was thrown');
});

t.test('lost lines are counted and said when writing works again', async (t) => {
  const written: string[] = [];
  let room = Number.POSITIVE_INFINITY;
  const write = lineWriter(7, describeLoss, (_, bytes) => {
    if (room === 0) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
    const some = Math.min(room, bytes.length);
    room -= some;
    written.push(Buffer.from(bytes.subarray(0, some)).toString());
    return some;
  });
  write('one\n');
  room = 2;
  for (const line of ['two\n', 'three\n', 'four\n']) write(line);
  room = Number.POSITIVE_INFINITY;
  write('five\n');
  write('six\n');
  t.equal(written.join(''), 'one\ntw\n3 lost\nfive\nsix\n', 'the torn line is ended first');
});

t.test('a pipe whose reader is gone, and a closed descriptor', async (t) => {
  for (const code of ['EPIPE', 'EIO', 'EBADF']) {
    const write = lineWriter(7, describeLoss, () => {
      throw Object.assign(new Error(code), { code });
    });
    t.doesNotThrow(() => write('a line\n'), code);
  }
});

t.test('a full pipe that does not block is waited for once, and then not', async (t) => {
  let calls = 0;
  let isFull = true;
  const written: string[] = [];
  const write = lineWriter(7, describeLoss, (_, bytes) => {
    calls++;
    if (isFull) throw Object.assign(new Error('full'), { code: 'EAGAIN' });
    written.push(Buffer.from(bytes).toString());
    return bytes.length;
  });
  write('one\n');
  t.ok(calls > 1, 'it is tried again');
  calls = 0;
  write('two\n');
  t.equal(calls, 1, 'while lines are lost, nothing waits for the reader');
  isFull = false;
  write('three\n');
  t.same(written, ['2 lost\n', 'three\n']);
});

const isRoot = process.getuid?.() === 0;

t.test(
  'a disk that is full and is freed',
  { skip: !isRoot && 'mounting a small file system needs root' },
  async (t) => {
    const dir = mkdtempSync(join(tmpdir(), 'vigo-test-'));
    t.equal(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'tmpfs', dir]).status, 0);
    writeFileSync(join(dir, 'filler'), Buffer.alloc(8192));
    const fd = openSync(join(dir, 'log'), 'a');
    t.teardown(() => {
      closeSync(fd);
      spawnSync('umount', [dir]);
      rmdirSync(dir);
    });
    const write = lineWriter(fd, describeLoss);
    const line = `${'x'.repeat(999)}\n`;
    for (let i = 0; i < 20; i++) write(line);
    rmSync(join(dir, 'filler'));
    write('after\n');
    const lines = readFileSync(join(dir, 'log'), 'utf8').split('\n');
    const whole = lines.filter((text) => text.length === 999).length;
    t.same(lines.slice(-3), [`${20 - whole} lost`, 'after', '']);
  },
);

t.test('a full pipe whose reader stopped does not stop the program', async (t) => {
  const pipe = join(t.testdir(), 'pipe');
  t.equal(spawnSync('mkfifo', [pipe]).status, 0);
  const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const filler = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  const fd = openSync(pipe, 'w');
  t.teardown(() => [reader, filler, fd].map((each) => closeSync(each)));
  t.throws(() => {
    for (;;) writeSync(filler, Buffer.alloc(4096));
  });
  const write = lineWriter(fd, describeLoss);
  write('one\n');
  write('two\n');
  const waiting = Buffer.alloc(1 << 20);
  readSync(reader, waiting);
  write('three\n');
  const size = readSync(reader, waiting);
  t.equal(waiting.subarray(0, size).toString(), '2 lost\nthree\n');
});
