import t from 'tap';
import { makeLog, oneLine } from '../../lib/agent/log.js';
import { makeRedactor } from '../../lib/base/index.js';

t.test('one line per event, redacted', async (t) => {
  const lines: string[] = [];
  const redact = makeRedactor([Buffer.from('canary')]);
  const log = makeLog({ nowMs: () => 0 }, redact, (line) => lines.push(line));
  log.info('a canary\nsings');
  log.warn('x');
  t.same(lines, ['1970-01-01T00:00:00.000Z info a [secret]\\nsings\n', '1970-01-01T00:00:00.000Z warn x\n']);
});

t.test('control characters are spelled out', async (t) => {
  t.equal(oneLine('\u001b[31mred\n\u007f\u009b'), '\\u{1b}[31mred\\n\\u{7f}\\u{9b}');
});

t.test('what turns the direction of writing, or hides, is spelled out', async (t) => {
  for (const code of [0x061c, 0x200b, 0x200e, 0x200f, 0x202a, 0x202e, 0x2028, 0x2066, 0x2069, 0xfeff]) {
    t.equal(oneLine(`a${String.fromCodePoint(code)}b`), `a\\u{${code.toString(16)}}b`);
  }
});
