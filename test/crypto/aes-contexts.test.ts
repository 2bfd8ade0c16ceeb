import { randomBytes } from 'node:crypto';
import t from 'tap';
import { ContextPool, KeyContext } from '../../lib/crypto/aes/contexts.js';
import { kernelBuilds, sealAs, sealByNode, secretsIn } from './kernels.js';

const nonce = new Uint8Array(12);
const text = new Uint8Array(20);

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: more keys than slots work in any order`, async (t) => {
    const kernel = start();
    const pool = new ContextPool(kernel);
    const keys = Array.from({ length: 3 * kernel.slots + 1 }, () => randomBytes(32));
    const contexts = keys.map((key) => new KeyContext(key));
    const inOrder = [...contexts.keys()];
    const leaping = inOrder.map((i) => (i * 31) % contexts.length);
    let last: Uint8Array = text;
    for (const i of [...inOrder, ...inOrder.toReversed(), ...leaping]) {
      last = sealAs(kernel, pool.slotOf(contexts[i] as KeyContext), nonce, text, nonce);
      t.ok(sealByNode(keys[i] as Buffer, nonce, text, nonce).equals(last));
    }
    for (const context of contexts) pool.forget(context);
    t.ok(secretsIn(kernel, last).equals(Buffer.alloc(kernel.memory.length)));
  });

  t.test(`${build}: a key keeps its slot while there is room, and a forgotten one gives it back`, async (t) => {
    const kernel = start();
    const pool = new ContextPool(kernel);
    const contexts = Array.from({ length: kernel.slots }, () => new KeyContext(randomBytes(32)));
    const slots = contexts.map((context) => pool.slotOf(context));
    t.equal(new Set(slots).size, kernel.slots);
    t.strictSame(
      contexts.map((context) => pool.slotOf(context)),
      slots,
    );
    pool.forget(contexts[5] as KeyContext);
    t.equal(pool.slotOf(new KeyContext(randomBytes(32))), slots[5]);
  });

  t.test(`${build}: a forgotten key is wiped where it was kept and where it was expanded`, async (t) => {
    const kernel = start();
    const pool = new ContextPool(kernel);
    const context = new KeyContext(randomBytes(32));
    pool.slotOf(context);
    t.notOk(secretsIn(kernel).equals(Buffer.alloc(kernel.memory.length)));
    pool.forget(context);
    t.ok(secretsIn(kernel).equals(Buffer.alloc(kernel.memory.length)));
    t.ok(Buffer.from(context.key).equals(Buffer.alloc(32)));
  });
}
