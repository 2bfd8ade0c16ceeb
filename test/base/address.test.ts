import t from 'tap';
import { formatHostPort, parseHostPort } from '../../lib/base/index.js';

t.test('what is accepted is spelled the same way again', async (t) => {
  for (const [text, host, port] of [
    ['vigo.example.org:1530', 'vigo.example.org', 1530],
    ['127.0.0.1:0', '127.0.0.1', 0],
    ['[::1]:65535', '::1', 65_535],
    [':1530', '', 1530],
  ] as const) {
    const parsed = parseHostPort(text);
    t.same(parsed, { host, port });
    t.equal(formatHostPort(parsed), text);
  }
});

t.test('everything else is refused', async (t) => {
  for (const text of [
    '',
    'localhost',
    'localhost:',
    'localhost:65536',
    'localhost:-1',
    'localhost:1e3',
    '::1:1530',
    '[::1]',
    '[]:1530',
    '[127.0.0.1]:1530',
    'unix:/run/vigo.sock',
    'https://localhost:1530',
    'local host:1530',
    'localhost:1530\n',
  ]) {
    t.throws(() => parseHostPort(text), { name: 'BaseError', code: 'bad_address' }, JSON.stringify(text));
  }
});
