import t from 'tap';
import { OutputTail } from '../../../lib/agent/executors/output-tail.js';
import { redactionOf } from '../../../lib/agent/held/redaction.js';

const SECRET = 'the-secret-0123456789';

function tailOf(text: string, chunkBytes: number, values: readonly string[] = [SECRET]): string {
  const tail = new OutputTail(redactionOf(values.map((value) => Buffer.from(value))));
  const bytes = Buffer.from(text);
  for (let i = 0; i < bytes.length; i += chunkBytes) tail.push(bytes.subarray(i, i + chunkBytes));
  return tail.text();
}

t.test('short output comes whole', async (t) => {
  t.equal(tailOf('  hello\n', 3), 'hello');
  t.equal(tailOf('', 3), '');
});

t.test('long output comes as its last 2,048 characters', async (t) => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i}`).join('\n');
  t.equal(tailOf(lines, 1000), lines.slice(-2048));
});

t.test('what was printed is counted, kept or not', async (t) => {
  const tail = new OutputTail(redactionOf([]));
  for (let i = 0; i < 100; i++) tail.push(Buffer.alloc(1000));
  t.equal(tail.seenBytes, 100_000);
});

t.test('a value that is cut through is not shown in part, wherever the cut falls', async (t) => {
  const pieces = new Set([...SECRET].map((_, i) => SECRET.slice(i)).filter((piece) => piece.length >= 4));
  for (let offset = 0; offset < 64; offset++) {
    const text = `${'x'.repeat(offset)}${SECRET.repeat(700)}end`;
    const shown = tailOf(text, 1);
    t.ok(shown.endsWith('[secret]end'));
    for (const piece of pieces) if (shown.includes(piece)) t.fail(`shows ${piece}`);
  }
});

t.test('a value split over chunks is found', async (t) => {
  t.equal(tailOf(`a ${SECRET} b`, 5), 'a [secret] b');
});
