import t from 'tap';
import { startModule } from '../../lib/crypto/embedded-module.js';
import { base64, sha256 } from '../../lib/gen/hash-wasm/sha256.js';

t.test('the pinned bytes run', async (t) => {
  t.type((startModule('SHA-256', { base64, sha256 }) as { Hash_Calculate: unknown }).Hash_Calculate, 'function');
});

t.test('a module with one bit changed is not started', async (t) => {
  const bytes = Buffer.from(base64, 'base64');
  for (let at = 0; at < bytes.length; at += 101) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] ?? 0) ^ 1;
    t.throws(() => startModule('SHA-256', { base64: altered.toString('base64'), sha256 }), { code: 'self_test' });
  }
});
