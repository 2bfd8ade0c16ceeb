import { createCipheriv } from 'node:crypto';
import t from 'tap';
import type { Kernel } from '../../lib/crypto/aes/kernel.js';
import { passesSelfTest, SELF_TEST_SIZES, SELF_TEST_TAG, selfTestBytes } from '../../lib/crypto/aes/self-test.js';
import { kernelBuilds, secretsIn } from './kernels.js';

t.test('the known answer is that of node:crypto', async (t) => {
  const bytes = selfTestBytes(32_768);
  let tag = Buffer.alloc(16);
  for (const [textBytes, aadBytes] of SELF_TEST_SIZES) {
    const cipher = createCipheriv('aes-256-gcm', bytes.subarray(0, 32), tag.subarray(0, 12));
    cipher.setAAD(bytes.subarray(0, aadBytes));
    cipher.update(bytes.subarray(0, textBytes));
    cipher.final();
    tag = cipher.getAuthTag();
  }
  t.equal(tag.toString('hex'), SELF_TEST_TAG);
});

for (const { build, start } of kernelBuilds()) {
  t.test(`${build}: passes, and leaves nothing behind`, async (t) => {
    const kernel = start();
    t.equal(passesSelfTest(kernel), true);
    t.ok(secretsIn(kernel).equals(Buffer.alloc(kernel.memory.length)));
  });

  t.test(`${build}: reaches every tail, several pieces, and every function`, async (t) => {
    const { firstBytes, aadBytes } = start();
    t.equal(new Set(SELF_TEST_SIZES.map(([text]) => text % 16)).size, 16);
    t.ok(SELF_TEST_SIZES.some(([text, aad]) => text > firstBytes && aad > aadBytes));
    const broken: Partial<Kernel>[] = [
      { expandKey: () => {} },
      { seal: () => {} },
      { open: () => 1 },
      { open: () => 0 },
      { begin: () => {} },
      { encrypt: () => {} },
      { authenticate: () => 1 },
      { authenticate: () => 0 },
      { decrypt: () => {} },
    ];
    for (const functions of broken) t.equal(passesSelfTest({ ...start(), ...functions }), false);
  });

  t.test(`${build}: notices a wipe that reaches into the key contexts`, async (t) => {
    const kernel = start();
    const wipe = (bytes: number) => {
      kernel.wipe(bytes);
      if (bytes === kernel.textBytes) kernel.memory.fill(0, kernel.text + bytes + 320, kernel.text + bytes + 324);
    };
    t.equal(passesSelfTest({ ...kernel, wipe }), false);
  });
}
