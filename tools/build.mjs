// Bundles each program into one file (dist/*.mjs) and emits the library with its types (dist/lib).
import { execFileSync } from 'node:child_process';
import { chmodSync, rmSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);
rmSync('dist', { recursive: true, force: true });

const programs = ['vigo', 'vigocli', 'vigosrv'].map((name) => `bin/${name}.ts`);
const benches = ['crypto.ts', 'aes.ts', 'rpc.ts', 'rpc/echo-server.ts', 'rpc/gauge.ts', 'timing.ts', 'vault.ts'];

await build({
  entryPoints: [
    ...programs.map((path) => ({ in: path, out: basename(path, '.ts') })),
    { in: 'demo/demo.ts', out: 'demo' },
    ...benches.map((file) => ({ in: `bench/${file}`, out: `bench/${file.slice(0, -'.ts'.length).replace('/', '-')}` })),
  ],
  outdir: 'dist',
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  // The one native addon, of the server and its command line alone, stays outside, and so does what `vigocli bench`
  // measures only where somebody has installed it.
  external: ['better-sqlite3', '@noble/*'],
  // CommonJS inside an ES module needs a `require` of its own.
  banner: { js: "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);" },
  minifyWhitespace: true,
  // The place of a frame means something, and what Node quotes of a line is no page.
  lineLimit: 160,
  legalComments: 'linked',
  logLevel: 'warning',
});
for (const path of programs) chmodSync(`dist/${basename(path, '.ts')}.mjs`, 0o755);

execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.build.json'], { stdio: 'inherit' });
