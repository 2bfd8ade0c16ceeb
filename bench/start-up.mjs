// What the core costs before its first answer: node bench/start-up.mjs [runs, 31 unless given]
// Bundles the whole core and each primitive alone, prints how large they are, and how much longer than `node -e 0` a
// process takes that loads one, lets it test itself and uses it once. On a busy machine the fastest processes say more
// than the medians.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const runs = Number(process.argv[2] ?? 31);
const core = fileURLToPath(new URL('../lib/crypto/index.ts', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'vigo-start-up-'));

/** A first use of each primitive. */
const first = {
  loadAes256Gcm: '.importKey(new Uint8Array(32)).seal(new Uint8Array(16), new Uint8Array(0))',
  loadSha256: '.digest(new Uint8Array(300))',
  loadHmacSha256: '.mac(new Uint8Array(32), new Uint8Array(300))',
  loadEd25519: '.generateSigner().sign(new Uint8Array(300))',
  loadArgon2id: '.hash(new Uint8Array(20), new Uint8Array(16), { memoryKiB: 64, passes: 1 })',
  loadXWing: '.generateKeyPair()',
};
const all = Object.keys(first);
const programs = [
  ...all.map((loader) => ({ name: loader, loaders: [loader], format: 'esm' })),
  { name: 'all of them', loaders: all, format: 'esm' },
  // Without the time that Node takes to get its loader of ES modules ready.
  { name: 'loadAes256Gcm, CommonJS', loaders: ['loadAes256Gcm'], format: 'cjs' },
  { name: 'all of them, CommonJS', loaders: all, format: 'cjs' },
];

/** As small as a user of the library would make it. */
const bundling = {
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  legalComments: 'none',
  logLevel: 'warning',
};

const lanes = [{ name: 'node -e 0', args: ['-e', '0'], times: [] }];
try {
  const empty = join(folder, 'empty.mjs');
  writeFileSync(empty, "import 'node:crypto';\n");
  lanes.push({ name: "import 'node:crypto'", args: [empty], times: [] });
  for (const { name, loaders, format } of programs) {
    const source = join(folder, `${lanes.length}.ts`);
    const file = join(folder, `${lanes.length}.${format === 'cjs' ? 'cjs' : 'mjs'}`);
    const uses = loaders.map((loader) => `(await ${loader}())${first[loader]};`).join('\n');
    const imports = `import { ${loaders.join(', ')} } from ${JSON.stringify(core)};`;
    writeFileSync(source, `${imports}\nasync function use() {\n${uses}\n}\nuse();\n`);
    await build({ ...bundling, format, entryPoints: [source], outfile: file });
    const bytes = readFileSync(file);
    lanes.push({ name, args: [file], times: [], bytes: bytes.length, gzipped: gzipSync(bytes).length });
  }
  for (let run = 0; run < runs; run++) {
    for (const { args, times } of lanes) {
      const start = process.hrtime.bigint();
      const { status, stderr } = spawnSync(process.execPath, args);
      times.push(Number(process.hrtime.bigint() - start) / 1e6);
      if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}

console.log(`${cpus()[0]?.model}, ${cpus().length} processors, ${process.arch}, node ${process.version}`);
console.log(`${runs} processes each, taking turns; + is what it takes more than node -e 0\n`);
const [base] = lanes;
for (const { name, times, bytes, gzipped } of lanes) {
  const [fastest, median] = [Math.min, medianOf].map((of) => {
    const [own, least] = [of(...times), of(...base.times)];
    const more = times === base.times ? '' : `+${(own - least).toFixed(1)}`;
    return `${own.toFixed(1).padStart(6)} ms ${more.padStart(6)}`;
  });
  const size = bytes === undefined ? '' : `${bytes} bytes, ${gzipped} gzipped`;
  console.log(`${name.padEnd(23)} median ${median}   fastest ${fastest}   ${size}`);
}

function medianOf(...times) {
  return times.toSorted((a, b) => a - b)[times.length >> 1];
}
