import t from 'tap';
import { formatJson, formatLine } from '../../lib/cli/console/line.js';
import type { Paint } from '../../lib/cli/console/paint.js';

const paint: Paint = (tone, text) => `<${tone}>${text}</>`;

/** Clears the screen, sets the title, moves up, begins a line of its own, turns the direction of writing. */
const HOSTILE = ['\x1b[2J', '\x1b]0;title\x07', '\x9b1A', '\r\nok', '\u202e', '\u2028', '\x7f'];

t.test('a line stays one line, and only a tone has colours', async (t) => {
  for (const text of HOSTILE) {
    const line = formatLine([{ text: `a${text}`, tone: 'fail' }, ` b${text}`], paint);
    t.match(line, /^<fail>a[\x20-\x7e]+<\/> b[\x20-\x7e]+\n$/, encodeURIComponent(text));
  }
  t.equal(formatLine(['größe ', '日本'], paint), 'größe 日本\n');
});

t.test('JSON says the same, and moves nothing', async (t) => {
  const value = { name: [...HOSTILE, '\u{e0001}', 'größe', '"\\'].join('') };
  const line = formatJson(value);
  t.notMatch(line.slice(0, -1), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  t.match(line, 'größe');
  t.same(JSON.parse(line), value);
});
