import { createHash } from 'node:crypto';
import t from 'tap';
import { type AuditDraft, decodeEntry, loadAuditChain } from '../../lib/audit/index.js';
import { toHex } from '../../lib/base/index.js';

const chain = await loadAuditChain();
const draft: AuditDraft = { action: 'vault.locked', actor: 'root@host', subject: 'vault', outcome: 'done' };

t.test('the hash covers tag, previous hash and bytes, as spelled out here', async (t) => {
  const first = chain.append(chain.empty, draft, 5);
  const second = chain.append(first.next, draft, 6);
  const tag = Buffer.from('vigo/audit-entry/v1');
  const length = Buffer.alloc(4);
  length.writeUInt32BE(second.bytes.length);
  const expected = createHash('sha256')
    .update(Buffer.of(tag.length))
    .update(tag)
    .update(Buffer.of(0, 2, 0, 0, 0, 32))
    .update(first.hash)
    .update(length)
    .update(second.bytes)
    .digest('hex');
  t.equal(toHex(second.hash), expected);
  t.equal(second.next.size, 2);
  t.same(second.next.head, second.hash);
  t.same(decodeEntry(second.bytes).at, 6);
});

t.test('the same draft never gives the same bytes: a hash can not be guessed', async (t) => {
  t.notSame(chain.append(chain.empty, draft, 5).hash, chain.append(chain.empty, draft, 5).hash);
});

t.test('appending leaves the state as it was', async (t) => {
  const { next } = chain.append(chain.empty, draft, 5);
  const before = structuredClone(next);
  chain.append(next, draft, 6);
  t.same(next, before);
  t.same(chain.empty, { size: 0, head: new Uint8Array(32), frontier: [] });
});

t.test('a draft outside the catalogue is refused', async (t) => {
  t.throws(() => chain.append(chain.empty, { ...draft, action: 'vault.opened' as 'vault.locked' }, 5), {
    name: 'AuditError',
    code: 'bad_draft',
  });
});
