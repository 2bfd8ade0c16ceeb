import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { canonicalJson, type KeyName, parseKeyName, utf8 } from '../../lib/base/index.js';
import { addMasterKey, loadMasterKeys } from '../../lib/vault/format/master-key.js';
import { sealFile } from '../../lib/vault/format/seal.js';
import { examineVault } from '../../lib/vault/index.js';
import { type Kit, makeKit, makeOpen } from './kit.js';

const A = parseKeyName('a');
const B = parseKeyName('b/c');

async function set(kit: Kit, name: KeyName, ...values: string[]): Promise<void> {
  for (const value of values) await kit.vault.set(name, utf8(value), { kind: 'raw' });
}

/** Three versions of `a`, one of `b/c`. */
async function makeFull(t: Test): Promise<Kit & { file(name: string): string }> {
  const kit = await makeOpen(t);
  await set(kit, A, 'one', 'two', 'three');
  await set(kit, B, 'other');
  return { ...kit, file: (name) => join(kit.secretsDir, name) };
}

/** The current file may have a second name, which a copy over it would change, too. */
function putBack(from: string, to: string): void {
  rmSync(to);
  copyFileSync(from, to);
}

t.test('a whole vault: everything is counted, nothing is wrong', async (t) => {
  const kit = await makeFull(t);
  await kit.vault.set(parseKeyName('old'), utf8('x'), { kind: 'raw', expiresMs: 1234 });
  await set(kit, parseKeyName('gone'), 'x');
  await kit.vault.purge(parseKeyName('gone'));
  await set(kit, parseKeyName('deleted'), 'x');
  await kit.vault.delete(parseKeyName('deleted'));
  await set(kit, parseKeyName('from'), 'x', 'y');
  await kit.vault.move(parseKeyName('from'), parseKeyName('to'));
  const progress: string[] = [];
  const found = await examineVault(kit.vault.layout, {
    serverKeys: [parseKeyName('policy')],
    seenVersions: new Map([[A, 3]]),
    onProgress: (done, total) => void progress.push(`${done}/${total}`),
  });
  t.match(found, { secrets: 4, kept: 6, serverKeys: 1, problems: [], strays: [], move: undefined });
  t.same(
    found.masterKeys.map(({ files }) => files),
    [11],
  );
  t.same(found.expiring, [{ name: 'old', expiresMs: 1234 }]);
  t.same(progress, ['8/8']);
});

t.test('whatever is done to its files is found, and named', async (t) => {
  const wrongs: Record<string, { harm(file: (name: string) => string, kit: Kit): void; at: string; code: string }> = {
    'cut short': { harm: (file) => truncateSync(file('b/c'), 70), at: 'b/c', code: 'damaged' },
    altered: {
      harm: (file) =>
        writeFileSync(
          file('b/c'),
          readFileSync(file('b/c')).map((byte, i, all) => (i === all.length - 1 ? ~byte : byte)),
        ),
      at: 'b/c',
      code: 'forged',
    },
    emptied: { harm: (file) => truncateSync(file('b/c'), 0), at: 'b/c', code: 'damaged' },
    'made longer': { harm: (file) => appendFileSync(file('b/c'), 'x'), at: 'b/c', code: 'forged' },
    'in the place of another': { harm: (file) => copyFileSync(file('a'), file('b/c')), at: 'b/c', code: 'forged' },
    'put back': { harm: (file) => putBack(file('.versions/a/@1'), file('a')), at: 'a', code: 'version_mismatch' },
    'a damaged earlier version': {
      harm: (file) => truncateSync(file('.versions/a/@1'), 70),
      at: '.versions/a/@1',
      code: 'damaged',
    },
    'versions swapped': {
      harm: (file) => copyFileSync(file('.versions/a/@2'), file('.versions/a/@1')),
      at: '.versions/a/@1',
      code: 'forged',
    },
    'under another master key': {
      harm(file) {
        writeFileSync(file('b/c'), readFileSync(file('b/c')).fill(7, 4, 12));
      },
      at: 'b/c',
      code: 'unknown_key',
    },
    'a key of the server as a secret': {
      harm: (file, kit) => copyFileSync(join(kit.home, 'keys/policy'), file('b/c')),
      at: 'b/c',
      code: 'forged',
    },
    'a link': {
      harm(file) {
        rmSync(file('a'));
        symlinkSync('b/c', file('a'));
      },
      at: 'a',
      code: 'misplaced',
    },
    'a damaged key of the server': {
      harm: (_, kit) => truncateSync(join(kit.home, 'keys/policy'), 60),
      at: '../keys/policy',
      code: 'damaged',
    },
    'a missing key of the server': {
      harm: (_, kit) => rmSync(join(kit.home, 'keys/policy')),
      at: '../keys/policy',
      code: 'not_found',
    },
    'an order to move that is not ours': {
      harm: (file) => writeFileSync(file('.move'), 'no'),
      at: '.move',
      code: 'damaged',
    },
  };
  for (const [what, { harm, at, code }] of Object.entries(wrongs)) {
    const kit = await makeFull(t);
    harm(kit.file, kit);
    const { problems } = await examineVault(kit.vault.layout, { serverKeys: [parseKeyName('policy')] });
    t.match(problems, [{ path: join(kit.secretsDir, at), code, message: String }], what);
    t.equal(problems.length, 1, what);
  }
});

t.test('two that were swapped are both named', async (t) => {
  const { file, vault } = await makeFull(t);
  renameSync(file('a'), file('x'));
  renameSync(file('b/c'), file('a'));
  renameSync(file('x'), file('b/c'));
  const { problems } = await examineVault(vault.layout);
  t.same(
    problems.map(({ path, code }) => [path, code]),
    [
      [file('a'), 'forged'],
      [file('b/c'), 'forged'],
    ],
  );
});

t.test('against who puts back all that is kept, what the server has seen is held', async (t) => {
  const { file, vault } = await makeFull(t);
  const seenVersions = new Map([
    [A, 3],
    [B, 1],
  ]);
  const seen = async () => (await examineVault(vault.layout, { seenVersions })).problems.map(({ path }) => path);
  t.same(await seen(), []);
  putBack(file('.versions/a/@2'), file('a'));
  rmSync(file('.versions'), { recursive: true });
  t.same((await examineVault(vault.layout)).problems, [], 'it looks like one that was always there');
  t.same(await seen(), [file('a')]);
  rmSync(file('b/c'));
  t.same(await seen(), [file('a'), file('b/c')], 'and what was taken away');
});

t.test('strays', async (t) => {
  const { file, vault } = await makeFull(t);
  const strays = ['.bashrc', 'a b', '.versions/a/@x', '.versions/a/b'].map(file);
  for (const path of strays) writeFileSync(path, '');
  symlinkSync('a', file('b/.link'));
  t.same([...(await examineVault(vault.layout)).strays].sort(), [...strays, file('b/.link')].sort());
});

t.test('a rekey that was stopped', async (t) => {
  const kit = await makeFull(t);
  const { keyFile } = kit.vault.layout;
  const keys = await loadMasterKeys(keyFile);
  if (keys === undefined) throw new Error('no key');
  await addMasterKey(keyFile, keys);
  await set(kit, A, 'four');
  const { masterKeys, problems } = await examineVault(kit.vault.layout);
  t.same(
    masterKeys.map(({ files }) => files),
    [1, 5],
  );
  t.same(problems, []);
  await kit.vault.rekey();
  t.same(
    (await examineVault(kit.vault.layout)).masterKeys.map(({ files }) => files),
    [6],
  );
});

t.test('a move that was stopped', async (t) => {
  const kit = await makeFull(t);
  const keys = await loadMasterKeys(kit.vault.layout.keyFile);
  if (keys === undefined) throw new Error('no key');
  const order = utf8(canonicalJson({ from: 'a', to: 'd', base: 0, target: 3 }));
  const header = { version: 3, kind: 'move', createdMs: 1, meta: { by: 'root' } } as const;
  writeFileSync(kit.file('.move'), sealFile('.move', header, order, keys.current));
  t.match(await examineVault(kit.vault.layout), { move: { from: 'a', to: 'd' }, problems: [], strays: [] });
  await kit.vault.list();
  t.match(await examineVault(kit.vault.layout), { move: undefined, problems: [] });
});

t.test('it sees whole files while others write, move and rekey', async (t) => {
  const kit = await makeFull(t);
  let done = false;
  const writing = (async () => {
    for (let i = 0; i < 15; i++) {
      await set(kit, A, `value ${i}`);
      await kit.vault.delete(B);
      await set(kit, B, 'again');
      await kit.vault.move(A, parseKeyName('moved'));
      await kit.vault.move(parseKeyName('moved'), A);
    }
    await kit.vault.rekey();
  })().finally(() => {
    done = true;
  });
  let rounds = 0;
  while (!done) {
    t.same((await examineVault(kit.vault.layout, { serverKeys: [parseKeyName('policy')] })).problems, []);
    rounds++;
  }
  await writing;
  t.ok(rounds > 0);
});

t.test('no vault, and a vault that lost its key', async (t) => {
  await t.rejects(examineVault(makeKit(t).vault.layout), { code: 'not_initialized' });
  const { vault } = await makeFull(t);
  rmSync(vault.layout.keyFile);
  await t.rejects(examineVault(vault.layout), { code: 'key_missing' });
  mkdirSync(vault.layout.keyFile);
  await t.rejects(examineVault(vault.layout), { code: 'exposed_master_key' });
});
