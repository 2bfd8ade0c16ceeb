import { stripVTControlCharacters } from 'node:util';
import t from 'tap';
import { paintFor } from '../../lib/cli/console/paint.js';
import { formatTable } from '../../lib/cli/console/table.js';

const TERMINAL = { isTTY: true };

t.test('colours are for a terminal that has them, and for whoever wants them', async (t) => {
  const paint = paintFor(TERMINAL, { TERM: 'xterm' });
  t.equal(paint('fail', 'error:'), '\x1b[31merror:\x1b[m');
  t.equal(paint('ok', 'ok'), '\x1b[32mok\x1b[m');
  t.equal(paint('warn', 'warn'), '\x1b[33mwarn\x1b[m');
  t.equal(paint('heading', 'NAME'), '\x1b[1mNAME\x1b[m');
  const isPainted = (stream: { isTTY?: boolean }, env: NodeJS.ProcessEnv) => paintFor(stream, env)('ok', 'a') !== 'a';
  t.equal(isPainted(TERMINAL, { TERM: 'xterm', NO_COLOR: '' }), true, 'an empty NO_COLOR says nothing');
  t.equal(isPainted(TERMINAL, { TERM: 'xterm', NO_COLOR: '0' }), false);
  t.equal(isPainted(TERMINAL, { TERM: 'dumb' }), false);
  t.equal(isPainted(TERMINAL, {}), false);
  t.equal(isPainted({}, { TERM: 'xterm' }), false);
});

t.test('colours move no column and reach into no gap', async (t) => {
  const rows = [
    ['a', { text: 'yesterday', tone: 'fail' as const }, 'x'],
    [{ text: 'longer', tone: 'ok' as const }, '', ''],
  ];
  const painted = formatTable(['NAME', 'EXPIRES', ''], rows, paintFor(TERMINAL, { TERM: 'xterm' }));
  t.equal(stripVTControlCharacters(painted), formatTable(['NAME', 'EXPIRES', ''], rows));
  t.equal(
    painted,
    '\x1b[1mNAME\x1b[m    \x1b[1mEXPIRES\x1b[m\na       \x1b[31myesterday\x1b[m  x\n\x1b[32mlonger\x1b[m\n',
  );
});

t.test('a cell holds nothing that a terminal obeys, whatever its tone', async (t) => {
  const rows = [['\x1b[2J', { text: '\x1b[2J', tone: 'ok' as const }]];
  t.equal(formatTable(['A', 'B'], rows), 'A          B\n\\u{1b}[2J  \\u{1b}[2J\n');
});
