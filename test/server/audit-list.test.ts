import { createHash } from 'node:crypto';
import t from 'tap';
import { auditList } from '../../lib/server/abuse/audit-list.js';

t.test('a list that fits is whole', async (t) => {
  t.same(await auditList([]), { names: [], count: 0 });
  t.same(await auditList(['a/b', 'c']), { names: ['a/b', 'c'], count: 2 });
});

t.test('a list that would burst an entry is cut, and its hash names all of it', async (t) => {
  const all = Array.from({ length: 400 }, (_, i) => `${'k'.repeat(1000)}${i}`);
  const { names, count, sha256 } = await auditList(all);
  t.equal(count, 400);
  t.ok(names.length > 0 && names.length < 40);
  t.same(names, all.slice(0, names.length));
  t.equal(
    sha256,
    createHash('sha256')
      .update(`${all.join('\n')}\n`)
      .digest('hex'),
  );
});
