import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseKeyName, utf8 } from '../../lib/base/index.js';
import { examineHeader, readHeader } from '../../lib/vault/format/header.js';
import { makeOpen } from './kit.js';

t.test("a file that is gone is told from one that is not the vault's, or not yet", async (t) => {
  const { vault, secretsDir } = await makeOpen(t);
  await vault.set(parseKeyName('a'), utf8('1'), { kind: 'raw' });
  const at = (name: string) => join(secretsDir, name);
  const whole = readFileSync(at('a'));
  t.match(examineHeader(at('a')), { version: 1, kind: 'raw' });
  t.match(readHeader(at('a')), { version: 1, kind: 'raw' });
  symlinkSync('a', at('link'));
  mkdirSync(at('folder'));
  for (const name of ['none', 'a/b', 'link', 'folder']) {
    t.equal(examineHeader(at(name)), 'gone', name);
    t.equal(readHeader(at(name)), undefined, name);
  }
  for (const bytes of [Buffer.alloc(0), whole.subarray(0, 20), Buffer.from('something else')]) {
    writeFileSync(at('half'), bytes);
    t.equal(examineHeader(at('half')), 'unreadable', String(bytes.length));
    t.equal(readHeader(at('half')), undefined);
  }
});

t.test('what can not be looked at is neither', async (t) => {
  const path = join(t.testdir(), 'a'.repeat(300));
  t.throws(() => examineHeader(path), { name: 'FilesError', code: 'io' });
  t.equal(readHeader(path), undefined);
});
