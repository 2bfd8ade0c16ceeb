import { createHash } from 'node:crypto';
import t from 'tap';

/** SHA-256 of the WebAssembly inside libsodium-wrappers-sumo 0.8.4 and hash-wasm 4.13.0 (C3). */
const pinned = {
  libsodium: '29dd7daf12daec2afdf7b73101e50679bfe9c38861aa1f0de50ae505ccba99bd',
  'hash-wasm sha256': '7ad88dae37c322722a047435058ffc5e4f3315762c7114dfa740e5db6b474c87',
};

t.test('the WebAssembly inside the libraries is the one that was tested', async (t) => {
  const digests: string[] = [];
  const webAssembly = Reflect.get(globalThis, 'WebAssembly') as Record<string, (...args: unknown[]) => unknown>;
  for (const name of ['compile', 'instantiate'] as const) {
    const original = webAssembly[name] as (...args: unknown[]) => unknown;
    webAssembly[name] = (...args) => {
      // hash-wasm compiles bytes first and instantiates the module; libsodium does both at once.
      const [source] = args;
      if (source instanceof ArrayBuffer || source instanceof Uint8Array) {
        digests.push(createHash('sha256').update(new Uint8Array(source)).digest('hex'));
      }
      return original.apply(webAssembly, args);
    };
    t.teardown(() => {
      webAssembly[name] = original;
    });
  }
  const { loadSha256, loadEd25519 } = await import('../../lib/crypto/index.js');
  await loadEd25519();
  await loadSha256();
  t.same(digests, Object.values(pinned));
});
