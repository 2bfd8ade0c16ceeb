import t from 'tap';
import { CryptoError } from '../../lib/crypto/index.js';
import { failSelfTest, primitive, requireKnownAnswer } from '../../lib/crypto/primitive.js';

t.test('callers at the same time share one load, later ones get the same object', async (t) => {
  let loads = 0;
  const load = primitive('X', async () => ({ number: ++loads }));
  const [a, b] = await Promise.all([load(), load()]);
  t.equal(a, b);
  t.equal(await load(), a);
  t.equal(loads, 1);
});

t.test('a failed load is not remembered as a success', async (t) => {
  let loads = 0;
  const load = primitive('X', async () => {
    if (++loads === 1) failSelfTest('X');
    return 'ready';
  });
  const first = load();
  await t.rejects(first, { room: 'crypto', code: 'self_test', kind: 'internal' });
  t.equal(await load(), 'ready');
});

t.test('whatever keeps a library from loading is one error with its cause', async (t) => {
  const cause = new TypeError('not this module');
  await t.rejects(primitive('X', () => Promise.reject(cause))(), { code: 'unsupported', cause });
});

t.test('a runtime without WebAssembly is told so', async (t) => {
  const webAssembly = Object.getOwnPropertyDescriptor(globalThis, 'WebAssembly') as PropertyDescriptor;
  Reflect.deleteProperty(globalThis, 'WebAssembly');
  t.teardown(() => Object.defineProperty(globalThis, 'WebAssembly', webAssembly));
  await t.rejects(primitive('X', async () => 'ready')(), { code: 'unsupported' });
});

t.test('a wrong answer stops', async (t) => {
  requireKnownAnswer('X', Uint8Array.of(0xab), 'ab');
  t.throws(() => requireKnownAnswer('X', Uint8Array.of(0xaa), 'ab'), CryptoError);
  t.throws(() => requireKnownAnswer('X', Uint8Array.of(0xab, 0), 'ab'), { code: 'self_test' });
});
