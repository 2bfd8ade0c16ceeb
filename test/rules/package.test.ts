import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { version } from '../../lib/version.js';
import { root } from './source-graph.js';

interface Package {
  readonly version: string;
  readonly license: string;
  readonly bin: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly scripts: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Package;

/** Of the licence's terms, white space aside. */
const APACHE_2_0_SHA256 = 'e01a361c81c9a928047c8670f579e19e696a6e24702f92f028ec15cf960bcb54';

t.test('one version', async (t) => {
  t.equal(version, manifest.version);
});

t.test('the licence is Apache 2.0, whole', async (t) => {
  t.equal(manifest.license, 'Apache-2.0');
  const text = readFileSync(join(root, 'LICENSE'), 'utf8');
  const terms = /Version 2\.0, January 2004.*(?=END OF TERMS AND CONDITIONS)/s.exec(text)?.[0] ?? '';
  t.equal(createHash('sha256').update(terms.trim().replaceAll(/\s+/g, ' ')).digest('hex'), APACHE_2_0_SHA256);
});

t.test('installing runs nothing, and the one native addon is optional', async (t) => {
  for (const script of ['preinstall', 'install', 'postinstall', 'prepare']) t.notOk(script in manifest.scripts, script);
  t.notOk(existsSync(join(root, 'binding.gyp')), 'which npm would take for an install script');
  t.ok('better-sqlite3' in manifest.optionalDependencies);
  for (const name of Object.keys(manifest.dependencies)) {
    const { scripts = {} } = JSON.parse(
      readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8'),
    ) as Package;
    t.same(
      Object.keys(scripts).filter((script) => /^(pre|post)?install$/.test(script)),
      [],
      name,
    );
  }
});

t.test('every path of the exports map is there after a build', async (t) => {
  t.same(Object.keys(manifest.exports), ['.', './crypto']);
  for (const conditions of Object.values(manifest.exports)) {
    for (const path of Object.values(conditions)) t.ok(existsSync(join(root, path)), path);
  }
});

t.test('every program is executable and says its version', async (t) => {
  t.same(Object.keys(manifest.bin).sort(), ['vigo', 'vigocli', 'vigosrv']);
  for (const [name, path] of Object.entries(manifest.bin)) {
    t.doesNotThrow(() => accessSync(join(root, path), constants.X_OK), path);
    t.match(readFileSync(join(root, path), 'utf8').slice(0, 30), '#!/usr/bin/env node\n');
    const { status, stdout, stderr } = spawnSync(join(root, path), ['--version'], {
      encoding: 'utf8',
      env: { PATH: process.env.PATH },
    });
    t.same({ status, stdout, stderr }, { status: 0, stdout: `${name} ${version}\n`, stderr: '' });
  }
});

t.test('installed elsewhere', async (t) => {
  const project = t.testdir();
  const modules = join(project, 'node_modules');
  const installed = join(modules, 'vigo');
  // Without scripts: `prepack` would build again below the tests that run beside this one.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', project];
  const packed = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8', stdio: 'pipe' })) as [
    { filename: string; files: { path: string }[] },
  ];
  mkdirSync(installed, { recursive: true });
  execFileSync('tar', ['-xzf', join(project, packed[0].filename), '-C', installed, '--strip-components=1']);

  /** Runs a program of the project with these packages beside `vigo`, and gives what it prints. */
  function run(program: string, packages: readonly string[]): unknown {
    for (const name of packages) {
      mkdirSync(join(modules, name, '..'), { recursive: true });
      if (!existsSync(join(modules, name))) symlinkSync(join(root, 'node_modules', name), join(modules, name));
    }
    const node = ['--no-addons', '--input-type=module', '--eval', program];
    return JSON.parse(execFileSync(process.execPath, node, { cwd: project, encoding: 'utf8', env: {} }));
  }

  t.test('the package holds what it names, and no test or source', async (t) => {
    const paths = packed[0].files.map(({ path }) => path);
    const named = [
      ...Object.values(manifest.bin),
      ...Object.values(manifest.exports).flatMap((each) => Object.values(each)),
    ];
    for (const path of [...named, './LICENSE', './README.md', './SECURITY.md']) {
      t.ok(paths.includes(path.replace('./', '')), path);
    }
    t.same(
      paths.filter((path) => /^(lib|test|tools|wasm|bin)\/|(?<!\.d)\.ts$/.test(path)),
      [],
    );
  });

  t.test('vigo/crypto computes with its library alone', async (t) => {
    const program = `
      const { loadSha256, loadAes256Gcm, loadEd25519 } = await import('vigo/crypto');
      const [sha256] = await Promise.all([loadSha256(), loadAes256Gcm(), loadEd25519()]);
      console.log(JSON.stringify(Buffer.from(sha256.digest(Buffer.from('abc'))).toString('hex')));`;
    t.equal(
      run(program, ['libsodium-wrappers-sumo']),
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad', // FIPS 180-4, "abc"
    );
  });

  t.test('vigo itself needs no native addon', async (t) => {
    const program = `
      const { version, canonicalJson } = await import('vigo');
      console.log(JSON.stringify([version, canonicalJson({ b: 1, a: 2 })]));`;
    t.same(run(program, Object.keys(manifest.dependencies)), [version, '{"a":2,"b":1}']);
  });

  t.test('what the map does not name is not reachable', async (t) => {
    const program = `
      const codes = await Promise.all(['vigo/server', 'vigo/dist/lib/index.js', 'vigo/package.json'].map(
        (name) => import(name).then(() => 'loaded', (error) => error.code)));
      console.log(JSON.stringify([...new Set(codes)]));`;
    t.same(run(program, []), ['ERR_PACKAGE_PATH_NOT_EXPORTED']);
  });
});
