import t from 'tap';
import { startKernel } from '../../lib/crypto/aes/kernel.js';
import * as scalar from '../../lib/gen/wasm/aes-256-gcm-scalar.js';
import * as simd from '../../lib/gen/wasm/aes-256-gcm-simd.js';
import { kernelBuilds, withBitTurned } from './kernels.js';

const { Module } = Reflect.get(globalThis, 'WebAssembly') as {
  Module: (new (bytes: Uint8Array) => object) & { imports(module: object): unknown[] };
};

t.test('bytes that are not the pinned ones are not started', async (t) => {
  for (const { base64, sha256 } of [scalar, simd]) {
    const bytes = Buffer.from(base64, 'base64');
    for (const at of [0, 100, bytes.length - 1]) {
      const changed = Buffer.from(withBitTurned(bytes, at)).toString('base64');
      t.throws(() => startKernel({ base64: changed, sha256 }), { name: 'CryptoError', code: 'self_test' });
    }
  }
});

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: imports nothing and has 1 MiB for ever`, async (t) => {
    const bytes = Buffer.from((build === 'simd' ? simd : scalar).base64, 'base64');
    t.strictSame(Module.imports(new Module(bytes)), []);
    const kernel = start();
    t.equal(kernel.memory.length, 2 ** 20);
    t.ok(kernel.slots >= 16);
    t.equal(kernel.sealedOf(100).length, 128);
    t.equal(kernel.sealedOf(100), kernel.sealedOf(100));
    t.equal(kernel.textOf(5000).length, 5000);
  });

  t.test(`${build}: a fresh module holds nothing, and an expanded key stays in its own slot`, async (t) => {
    const kernel = start();
    const empty = Buffer.from(kernel.memory);
    t.ok(empty.equals(Buffer.alloc(2 ** 20)));
    for (const slot of [0, 1, kernel.slots - 1]) {
      kernel.memory.fill(7, kernel.text, kernel.text + 32);
      kernel.expandKey(slot);
      t.notOk(Buffer.from(kernel.memory).equals(empty));
      kernel.forgetKey(slot);
      t.ok(Buffer.from(kernel.memory).equals(empty));
    }
  });
}
