import { execFileSync } from 'node:child_process';
import { builtinModules } from 'node:module';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import t from 'tap';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entry = `${root}lib/crypto/index.ts`;
const common = { bundle: true, platform: 'node', format: 'esm', target: 'node20', absWorkingDir: root } as const;

/** The graph of `vigo/crypto` as the bundler resolves it, with packages left as names. */
async function importGraph(): Promise<Metafile> {
  const result = await build({
    ...common,
    entryPoints: [entry],
    write: false,
    metafile: true,
    packages: 'external',
  });
  return result.metafile;
}

t.test('the core and base are a library of their own: nothing else is imported', async (t) => {
  const { inputs } = await importGraph();
  const files = Object.keys(inputs);
  t.ok(files.includes('lib/base/index.ts'));
  t.same(
    files.filter((file) => !/^lib\/(crypto|base|gen\/(wasm|hash-wasm))\//.test(file)),
    [],
  );
});

t.test('importing it loads no library: those are asked for by the loader of a primitive', async (t) => {
  const { inputs } = await importGraph();
  const external = Object.values(inputs).flatMap((input) => input.imports.filter((each) => each.external));
  const atOnce = external.filter((each) => each.kind === 'import-statement').map((each) => each.path);
  const later = external.filter((each) => each.kind === 'dynamic-import').map((each) => each.path);
  t.same(
    atOnce.filter((path) => !builtinModules.includes(path.replace('node:', ''))),
    [],
  );
  t.same([...new Set(later)], ['libsodium-wrappers-sumo']);
});

t.test('bundled to one file, every primitive loads without native addons, and only when asked', async (t) => {
  const dir = t.testdir();
  await build({ ...common, entryPoints: [entry], outfile: `${dir}/crypto.mjs` });
  const program = `
    let modules = 0;
    for (const name of ['compile', 'instantiate']) {
      const original = WebAssembly[name];
      WebAssembly[name] = (...args) => (modules++, original.apply(WebAssembly, args));
    }
    WebAssembly.Module = new Proxy(WebAssembly.Module, {
      construct: (...args) => (modules++, Reflect.construct(...args)),
    });
    const core = await import('./crypto.mjs');
    const before = modules;
    const loaders = Object.keys(core).filter((name) => name.startsWith('load'));
    await core.loadSha256();
    const sha256 = modules - before;
    await Promise.all(loaders.map((name) => core[name]()));
    console.log(JSON.stringify({ before, sha256, loaders }));`;
  const output = execFileSync(process.execPath, ['--no-addons', '--input-type=module', '--eval', program], {
    cwd: dir,
    encoding: 'utf8',
    env: {},
  });
  t.same(JSON.parse(output), {
    before: 0,
    sha256: 1, // hash-wasm's, not libsodium's
    loaders: ['loadAes256Gcm', 'loadArgon2id', 'loadEd25519', 'loadHmacSha256', 'loadSha256', 'loadXWing'],
  });
});
