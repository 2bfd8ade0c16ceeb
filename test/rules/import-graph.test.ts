import { builtinModules } from 'node:module';
import t from 'tap';
import { filesBelow, type Import, isFile, packageOf, readImports } from './source-graph.js';

/** What a room may import beside itself and Node: the layers of the house. */
const DOMAIN = [
  'archive',
  'vault',
  'audit',
  'identity',
  'policy',
  'guard',
  'pki',
  'release',
  'rpc',
  'settings',
  'store',
];
const PROGRAMS = ['server', 'agent', 'cli'];
const FOUNDATION = ['base', 'gen', 'crypto', 'wire', 'files'];
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  gen: [],
  crypto: ['base', 'gen'],
  wire: ['base', 'gen', 'crypto'],
  files: ['base'],
  ...Object.fromEntries(DOMAIN.map((room) => [room, FOUNDATION])),
  ...Object.fromEntries(PROGRAMS.map((room) => [room, [...FOUNDATION, ...DOMAIN]])),
};

/** Who imports which package. One that isn't here is imported by nobody. */
const OWNERS: Readonly<Record<string, readonly string[]>> = {
  'libsodium-wrappers-sumo': ['crypto'],
  '@grpc/grpc-js': ['rpc', 'gen'],
  '@bufbuild/protobuf': ['gen', 'wire'],
  'node-forge': ['pki'],
  yaml: ['policy', 'settings'],
  'better-sqlite3': ['store'],
  sade: ['cli', 'agent'],
  fastify: ['server'],
  pino: ['server'],
  zod: ['wire', 'settings', ...PROGRAMS],
  '@noble/ciphers': ['cli'],
  '@noble/curves': ['cli'],
  '@noble/hashes': ['cli'],
  '@noble/post-quantum': ['cli'],
};

const MAX_FILES_OF_A_FOLDER = 20;

/** What only looks. Everything else of `node:fs` is `files`' alone. */
const READING = [
  'access',
  'createReadStream',
  'existsSync',
  'lstat',
  'lstatSync',
  'opendir',
  'readFile',
  'readdir',
  'readdirSync',
  'readlink',
  'realpath',
  'realpathSync',
  'stat',
];
const HANDLES: Readonly<Record<string, readonly string[]>> = {
  'lib/vault/format/header.ts': ['closeSync', 'constants', 'openSync', 'readSync'], // reads a header, not the value behind it
  'lib/cli/console/prompt.ts': ['closeSync', 'openSync', 'writeSync'], // the terminal, where the passphrase is asked for
};

const imports = readImports('lib', 'bin', 'bench', 'demo');
const ofLib = imports.filter(({ from }) => from.startsWith('lib/'));

/** `vault` of `lib/vault/gate/gate.ts`; undefined outside the rooms. */
function roomOf(file: string | undefined): string | undefined {
  return /^lib\/([^/]+)\//.exec(file ?? '')?.[1];
}

function edges(which: readonly Import[]): string[] {
  return [...new Set(which.map(({ from, to }) => `${from} -> ${to}`))];
}

t.test('the graph is the real one', async (t) => {
  for (const room of ['base', 'crypto', 'wire', 'files', ...PROGRAMS])
    t.ok(
      ofLib.some(({ from }) => roomOf(from) === room),
      room,
    );
  const known = edges(ofLib);
  t.ok(known.includes('lib/base/errors.ts -> lib/base/index.ts') === false);
  t.ok(known.includes('lib/crypto/sodium.ts -> libsodium-wrappers-sumo'), 'a dynamic import');
  t.ok(known.includes('lib/base/bytes/canonical.ts -> lib/base/bytes/bytes.ts'), 'a static import');
  t.ok(known.includes('lib/index.ts -> lib/audit/index.ts'), 'an export');
});

t.test('every room has its place', async (t) => {
  const rooms = new Set(ofLib.flatMap(({ from }) => roomOf(from) ?? []));
  t.same(
    [...rooms].filter((room) => !(room in ALLOWED)),
    [],
  );
});

t.test('a room imports what stands below it, and no sibling', async (t) => {
  const wrong = ofLib.filter(({ from, to }) => {
    const [importer, imported] = [roomOf(from), roomOf(to)];
    return importer && imported && importer !== imported && !ALLOWED[importer]?.includes(imported);
  });
  t.same(edges(wrong), []);
});

t.test('base imports nothing but Node', async (t) => {
  const wrong = ofLib.filter(
    ({ from, to }) => roomOf(from) === 'base' && !(roomOf(to) === 'base' || to?.startsWith('node:')),
  );
  t.same(edges(wrong), []);
});

t.test("a room is imported through its index, and doesn't go that way itself", async (t) => {
  // A benchmark measures what lies behind the border, too.
  const wrong = imports.filter(({ from, to }) => {
    if (from.startsWith('bench/')) return false;
    const imported = roomOf(to);
    if (to === undefined || imported === undefined || imported === 'gen') return false;
    const throughIndex = to === `lib/${imported}/index.ts`;
    return (roomOf(from) === imported) === throughIndex;
  });
  t.same(edges(wrong), []);
});

t.test('nothing of a room imports the programs around it', async (t) => {
  const wrong = ofLib.filter(({ from, to }) => {
    if (to === undefined || !isFile(to)) return false;
    return (
      !to.startsWith('lib/') ||
      to === 'lib/index.ts' ||
      (roomOf(from) === undefined && PROGRAMS.includes(roomOf(to) ?? ''))
    );
  });
  t.same(edges(wrong), []);
});

t.test('a shim of bin imports its program and Node', async (t) => {
  const wrong = imports.filter(
    ({ from, to }) =>
      from.startsWith('bin/') && !to?.startsWith('node:') && !PROGRAMS.some((room) => to === `lib/${room}/index.ts`),
  );
  t.same(edges(wrong), []);
});

t.test('generated code is imported by who translates it', async (t) => {
  const wrong = ofLib.filter(
    ({ from, to }) => roomOf(to) === 'gen' && !['gen', 'crypto', 'wire', 'rpc'].includes(roomOf(from) ?? ''),
  );
  t.same(edges(wrong), []);
});

t.test('a package is imported by its owner', async (t) => {
  const wrong = ofLib.filter(({ from, to }) => {
    const name = packageOf(to);
    const owners = name === undefined ? undefined : (OWNERS[name] ?? []);
    return owners && !owners.includes(roomOf(from) ?? from) && !owners.includes(from);
  });
  t.same(edges(wrong), []);
});

t.test("a module of Node is asked for as node:, and isn't a package by mistake", async (t) => {
  const wrong = imports.filter(({ to }) => to !== undefined && builtinModules.includes(to));
  t.same(edges(wrong), []);
});

t.test('only files writes', async (t) => {
  const wrong = ofLib
    .filter(({ from, to, kind }) => to?.startsWith('node:fs') && kind !== 'type' && roomOf(from) !== 'files')
    .flatMap(({ from, names }) => names.map((name) => ({ from, name })))
    .filter(({ from, name }) => !READING.includes(name) && !HANDLES[from]?.includes(name))
    .map(({ from, name }) => `${from}: ${name}`);
  t.same(wrong, []);
});

t.test('no path of an import is computed, and nothing is required', async (t) => {
  const wrong = ofLib.filter(({ to }) => to === undefined || to === 'node:module');
  t.same(edges(wrong), []);
});

t.test('no circle among rooms, nor among files, whether they load one another or only name a type', async (t) => {
  const betweenRooms = ofLib.flatMap(({ from, to }): [string, string][] => {
    const [a, b] = [roomOf(from), roomOf(to)];
    return a && b && a !== b ? [[a, b]] : [];
  });
  t.same(circle(betweenRooms), []);
  const betweenFiles = ofLib.flatMap(({ from, to }): [string, string][] => (to && isFile(to) ? [[from, to]] : []));
  t.same(circle(betweenFiles.filter(([from]) => !from.startsWith('lib/gen/'))), []);
  t.same(
    circle([
      ['a', 'b'],
      ['b', 'c'],
      ['c', 'b'],
    ]),
    ['b', 'c'],
    'one is found where there is one',
  );
});

t.test('no folder has more than twenty files beside each other', async (t) => {
  const counts = new Map<string, number>();
  for (const file of filesBelow('lib', '.ts')) {
    const folder = file.slice(0, file.lastIndexOf('/'));
    counts.set(folder, (counts.get(folder) ?? 0) + 1);
  }
  t.ok(counts.size > 30, 'they are counted');
  t.same(
    [...counts].filter(([folder, count]) => count > MAX_FILES_OF_A_FOLDER && !folder.startsWith('lib/gen')),
    [],
  );
});

/** The nodes that stay when those that nothing leads to, or that lead nowhere, are taken away again and again. */
function circle(arrows: readonly (readonly [string, string])[]): string[] {
  let left = [...arrows];
  for (let before = -1; before !== left.length; ) {
    before = left.length;
    const [sources, targets] = [new Set(left.map(([from]) => from)), new Set(left.map(([, to]) => to))];
    left = left.filter(([from, to]) => targets.has(from) && sources.has(to));
  }
  return [...new Set(left.flat())].sort();
}
