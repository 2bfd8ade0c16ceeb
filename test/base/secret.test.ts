import { Console } from 'node:console';
import { Writable } from 'node:stream';
import { format, inspect } from 'node:util';
import t from 'tap';
import { Secret } from '../../lib/base/index.js';

const CANARY = 'canary-7f3a';

t.test('expose gives the value itself', async (t) => {
  const bytes = Uint8Array.of(1, 2, 3);
  t.equal(new Secret(bytes).expose(), bytes);
  t.equal(new Secret('').expose(), '');
});

t.test('no way of printing shows it', async (t) => {
  for (const secret of [new Secret(CANARY), new Secret(Buffer.from(CANARY)), new Secret({ inner: CANARY })]) {
    const printed = [
      `${secret}`,
      `${[secret]}`,
      String(secret),
      `a${secret.toString()}`,
      JSON.stringify(secret),
      JSON.stringify({ secret, list: [secret] }),
      inspect(secret),
      inspect({ deep: { deeper: [secret] } }),
      inspect(secret, { showHidden: true, depth: 10, getters: true }),
      inspect(secret, { customInspect: false, showHidden: true }),
      inspect(new Map([[secret, secret]]), { showHidden: true }),
      ...['%s', '%d', '%i', '%f', '%j', '%o', '%O', '%c', ''].map((directive) => format(directive, secret)),
      inspect(new Error('failed', { cause: secret })),
      inspect(Object.assign(new Error('failed'), { secret })),
      JSON.stringify(structuredClone(secret)),
      JSON.stringify(Object.entries(secret)),
      JSON.stringify(Object.getOwnPropertyDescriptors(secret)),
    ].join('\n');
    t.notMatch(printed, new RegExp(`${CANARY}|${Buffer.from(CANARY).toString('hex', 0, 4)}|63 61 6e 61|99,\\s*97`));
    t.match(printed, '[secret]');
  }
});

t.test('a console does not show it', async (t) => {
  const chunks: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      chunks.push(String(chunk));
      done();
    },
  });
  const console = new Console(stream);
  const secret = new Secret(CANARY);
  console.log(secret);
  console.log('%s %o %O', secret, secret, { secret });
  console.error(new Error('failed', { cause: secret }));
  console.dir(secret, { showHidden: true });
  console.table([{ secret }]);
  t.equal(chunks.length, 5);
  t.notMatch(chunks.join(''), CANARY);
});

t.test('disposed of, its bytes are overwritten and it gives nothing', async (t) => {
  const bytes = Buffer.from(CANARY);
  const secret = new Secret(bytes);
  secret.dispose();
  t.same([...bytes], new Array(bytes.length).fill(0));
  t.throws(() => secret.expose(), TypeError);
  secret.dispose();
  const text = new Secret(CANARY);
  text.dispose();
  t.throws(() => text.expose(), TypeError);
});
