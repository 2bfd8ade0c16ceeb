import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { sha256 as hashWasm } from '../../lib/gen/hash-wasm/sha256.js';
import { root } from './source-graph.js';

/** SHA-256 of the WebAssembly inside libsodium-wrappers-sumo 0.8.4 and hash-wasm 4.13.0 (C3). */
const pinned = {
  libsodium: '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd',
  hashWasm: '7ad88dae37c322722a047435058ffc5e4f3315762c7114dfa740e5db6b474c87',
};

t.test('the WebAssembly inside libsodium is the one that was tested', async (t) => {
  const digests: string[] = [];
  const webAssembly = Reflect.get(globalThis, 'WebAssembly') as Record<string, (...args: unknown[]) => unknown>;
  const original = webAssembly.instantiate as (...args: unknown[]) => unknown;
  webAssembly.instantiate = (...args) => {
    digests.push(
      createHash('sha256')
        .update(args[0] as Uint8Array)
        .digest('hex'),
    );
    return original.apply(webAssembly, args);
  };
  t.teardown(() => {
    webAssembly.instantiate = original;
  });
  const { loadEd25519 } = await import('../../lib/crypto/index.js');
  await loadEd25519();
  t.same(digests, [pinned.libsodium]);
});

t.test('the SHA-256 that is embedded is the one of hash-wasm', async (t) => {
  t.equal(hashWasm, pinned.hashWasm);
  const taken = t.testdir();
  execFileSync(process.execPath, ['tools/embed-hash-wasm.mjs', taken], { cwd: root });
  t.equal(
    readFileSync(join(taken, 'sha256.ts'), 'utf8'),
    readFileSync(join(root, 'lib/gen/hash-wasm/sha256.ts'), 'utf8'),
  );
});
