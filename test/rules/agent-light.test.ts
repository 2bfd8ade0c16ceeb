import { spawnSync } from 'node:child_process';
import { build } from 'esbuild';
import t from 'tap';
import { loadedAtOnce, packageOf, readImports, root } from './source-graph.js';

const HEAVY_ROOMS = /^lib\/(vault|store|pki|server|cli)\//;
const HEAVY_PACKAGES = ['node-forge', 'better-sqlite3', 'fastify', 'pino'];

t.test('the bundled agent holds nothing of the server and no native addon', async (t) => {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ['bin/vigo.ts'],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    write: false,
    metafile: true,
  });
  const inputs = Object.keys(metafile.inputs);
  t.ok(inputs.includes('lib/agent/index.ts'));
  t.ok(inputs.some((input) => input.startsWith('node_modules/@grpc/grpc-js/')));
  t.same(
    inputs.filter((input) => HEAVY_ROOMS.test(input)),
    [],
  );
  t.same(
    inputs.filter((input) => HEAVY_PACKAGES.some((name) => input.includes(`node_modules/${name}/`))),
    [],
  );
  t.same(
    inputs.filter((input) => input.endsWith('.node')),
    [],
  );
});

t.test('vigo --help loads neither gRPC nor the core: they are asked for by the command that needs them', async (t) => {
  const imports = readImports('lib', 'bin');
  const packages = [...loadedAtOnce(imports, 'bin/vigo.ts')].flatMap((to) => packageOf(to) ?? []);
  t.same(
    packages.filter((name) => name !== 'sade'),
    [],
  );
  t.ok(imports.some(({ to, kind }) => kind === 'dynamic' && to === 'libsodium-wrappers-sumo'));
});

t.test('the program starts without native addons, HTTP/2 and WebAssembly', async (t) => {
  // gRPC can't be there without http2, nor libsodium or hash-wasm without WebAssembly.
  const watch = `
    let modules = 0;
    for (const name of ['compile', 'instantiate', 'Module']) {
      const original = WebAssembly[name];
      WebAssembly[name] = function (...args) { modules++; return Reflect.apply(original, this, args); };
    }
    process.on('exit', () => {
      const http2 = process.moduleLoadList.includes('NativeModule http2');
      process.stderr.write(JSON.stringify({ modules, http2 }));
    });`;
  const preload = `data:text/javascript,${encodeURIComponent(watch)}`;
  for (const argument of ['--help', '--version']) {
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--no-addons', '--import', preload, 'dist/vigo.mjs', argument],
      { cwd: root, encoding: 'utf8', env: {} },
    );
    t.equal(status, 0, stderr);
    t.match(stdout, /^vigo /);
    t.same(JSON.parse(stderr), { modules: 0, http2: false });
  }
});
