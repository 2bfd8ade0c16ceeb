import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import t from 'tap';
import { bundle } from './bundle.js';
import { type MakeBytes, runWholeCore } from './whole-core.js';

/** A realm of its own with what Node gives a program, as Jest makes one for each test file. */
const realm = createContext({
  ...{ require: createRequire(import.meta.url), module: { exports: {} }, process, console },
  ...{ Buffer, TextEncoder, TextDecoder, URL, crypto, setTimeout, clearTimeout, setImmediate, performance },
});
const realmBytes = `(array, buffer) => (length, value) => new array(new buffer(length)).fill(value)`;
const makeBytes: typeof makeHere = runInContext(realmBytes, realm);
const theirs = runInContext('({ Uint8Array, ArrayBuffer, SharedArrayBuffer })', realm) as typeof globalThis;

function makeHere(
  array: Uint8ArrayConstructor,
  buffer: ArrayBufferConstructor | SharedArrayBufferConstructor,
): MakeBytes {
  return (length, value) => new array(new (buffer as ArrayBufferConstructor)(length)).fill(value);
}

const kinds: [what: string, make: MakeBytes][] = [
  ["this realm's", makeHere(Uint8Array, ArrayBuffer)],
  ['a Buffer', (length, value) => Buffer.alloc(length, value)],
  ["this realm's, shared", makeHere(Uint8Array, SharedArrayBuffer)],
  ["another realm's", makeBytes(theirs.Uint8Array, theirs.ArrayBuffer)],
  ["another realm's, shared", makeBytes(theirs.Uint8Array, theirs.SharedArrayBuffer)],
  ["this realm's array over another's buffer", makeHere(Uint8Array, theirs.ArrayBuffer)],
  ["another realm's array over this one's shared buffer", makeBytes(theirs.Uint8Array, SharedArrayBuffer)],
];

const expected = await runWholeCore((length, value) => new Uint8Array(length).fill(value));

t.test('what is expected is right', async (t) => {
  t.notOk(Object.values(expected).includes(false), JSON.stringify(expected));
  t.equal(expected['forged 100'], 'forged');
  t.equal(expected['a short key'], 'bad_size');
});

for (const [what, make] of kinds) {
  t.test(`the whole core takes bytes of whatever realm: ${what}`, async (t) => {
    t.same(await runWholeCore(make), expected);
  });
}

t.test(
  'the whole core runs inside a realm of its own, as in Jest, and takes bytes of whatever realm there',
  async (t) => {
    const program = join(t.testdir(), 'core.cjs');
    await bundle(fileURLToPath(new URL('../..', import.meta.url)), 'test/crypto/whole-core.ts', program, 'cjs');
    const inside: { runWholeCore: typeof runWholeCore } = runInContext(
      `${readFileSync(program, 'utf8')}\nmodule.exports`,
      realm,
    );
    for (const [what, make] of kinds) t.same(await inside.runWholeCore(make), expected, what);
  },
);
