import t from 'tap';
import { LineEditor } from '../../lib/cli/console/line-editor.js';

const ENTER = '\r';
const PEM = '-----BEGIN PRIVATE KEY-----\nMIG2\nAgEA\n-----END PRIVATE KEY-----\n';

/** Types with so much time between two bytes; what Enter ends. */
function type(keys: string | Uint8Array, { lines = true, betweenMs = 0 } = {}): string | undefined {
  const line = new LineEditor({ lines });
  let nowMs = 1000;
  for (const byte of Buffer.from(keys)) {
    nowMs += betweenMs;
    if (line.take(byte, nowMs)) return Buffer.from(line.value()).toString();
  }
  return undefined;
}

function paste(text: string): string {
  return `\x1b[200~${text}\x1b[201~`;
}

t.test('a paste is taken whole, and its marks are no part of it', async (t) => {
  t.equal(type(paste(PEM) + ENTER), PEM);
  t.equal(type(paste(PEM.replaceAll('\n', '\r')) + ENTER), PEM, 'as most terminals send line ends');
  t.equal(type(paste(PEM.replaceAll('\n', '\r\n')) + ENTER), PEM);
  t.equal(type(`<${paste('a')}-${paste('b\nc')}>${ENTER}`), '<a-b\nc>');
  t.equal(type(paste('tab\there \x03\x15\x17 ü') + ENTER), 'tab\there \x03\x15\x17 ü', 'no key in a paste');
  t.equal(type(paste('')), undefined, 'Enter ends the line, not the paste');
  t.equal(type(paste('a\x1b[201') + ENTER), 'a\x1b[201', 'half a mark is none');
});

t.test('a line that was copied with its end is that line', async (t) => {
  t.equal(type(paste('open sesame\n') + ENTER, { lines: false }), 'open sesame');
  t.equal(type(paste('open sesame\r\n') + ENTER), 'open sesame');
});

t.test('several lines are refused where one is asked for', async (t) => {
  t.throws(() => type(paste('a\nb'), { lines: false }), { name: 'CliError', code: 'too_many_lines' });
  t.throws(() => type(paste('a\n\n'), { lines: false }), { name: 'CliError', code: 'too_many_lines' });
});

t.test('keys edit the line', async (t) => {
  t.equal(type(`größ€\x7fe${ENTER}`), 'größe');
  t.equal(type(`ab\x08${ENTER}`), 'a');
  t.equal(type(`wrong\x15right${ENTER}`), 'right');
  t.equal(type(`one two  \x17three${ENTER}`), 'one three');
  t.equal(type(`one two\x1b\x7fthree${ENTER}`), 'one three', 'Alt and backspace');
  t.equal(type(`\x17\x7f\x15a${ENTER}`), 'a');
});

t.test('no other key leaves anything in the value', async (t) => {
  const keys = {
    arrows: '\x1b[A\x1b[B\x1b[C\x1b[D',
    'arrows in application mode': '\x1bOA\x1bOD',
    'arrow with Ctrl': '\x1b[1;5C',
    'home, end, delete': '\x1b[H\x1b[F\x1b[3~',
    'F1, F5': '\x1bOP\x1b[15~',
    'F1 of the Linux console': '\x1b[[A',
    'Alt and a letter': '\x1bb',
    'Ctrl and a letter': '\x01\x05\x0b\x0c\x12\x1a\x1c',
    'focus of the window': '\x1b[I\x1b[O',
    'a mouse': '\x1b[<0;10;10M',
  };
  for (const [name, sent] of Object.entries(keys)) t.equal(type(`a${sent}b${ENTER}`), 'ab', name);
});

t.test('the Escape key by itself takes nothing from what is typed after it', async (t) => {
  t.equal(type(`\x1bPassword${ENTER}`, { betweenMs: 80 }), 'Password');
  t.equal(type(`a\x1b${ENTER}`), 'a');
  t.equal(type(`\x1b\x1b[Aa${ENTER}`), 'a');
  t.throws(() => type('a\x1b\x03'), { code: 'cancelled' });
});

t.test('characters of several bytes stay whole, and combining ones as they were typed', async (t) => {
  t.equal(type(`e\u0301 👩‍👩‍👧 ${ENTER}`), 'e\u0301 👩‍👩‍👧 ');
  t.equal(type(`e\u0301\x7f${ENTER}`), 'e');
});

t.test('more than 64 KiB are refused', async (t) => {
  t.throws(() => type(paste('a'.repeat(65_537))), { name: 'CliError', code: 'too_large' });
  t.equal(type(paste('a'.repeat(65_000)) + ENTER)?.length, 65_000);
});
