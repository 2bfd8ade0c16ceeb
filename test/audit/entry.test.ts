import t from 'tap';
import { encodeEntry } from '../../lib/audit/entry.js';
import { type AuditEntry, AuditError, decodeEntry, MAX_ENTRY_BYTES } from '../../lib/audit/index.js';
import { equalBytes, fromUtf8, utf8 } from '../../lib/base/index.js';

const entry: AuditEntry = {
  at: 1_700_000_000_000,
  salt: Uint8Array.from({ length: 16 }, (_, i) => i),
  action: 'secret.set',
  actor: 'root@host',
  subject: 'vigo/db/dsn',
  outcome: 'done',
  detail: { version: 3, kind: 'raw', nested: { a: [1, null, true] } },
};

t.test('the bytes are RFC 8785 JSON, written out here', async (t) => {
  t.equal(
    fromUtf8(encodeEntry(entry)),
    '{"action":"secret.set","actor":"root@host","at":1700000000000,' +
      '"detail":{"kind":"raw","nested":{"a":[1,null,true]},"version":3},' +
      '"outcome":"done","salt":"AAECAwQFBgcICQoLDA0ODw","subject":"vigo/db/dsn","v":1}',
  );
});

t.test('decode then encode is the identity', async (t) => {
  const { detail, ...plain } = entry;
  const claimed = { ...entry, claimedBy: { sudoUser: 'dan', loginUid: 1000 } };
  for (const one of [
    entry,
    plain,
    claimed,
    { ...plain, claimedBy: { loginUid: 0 } },
    { ...plain, detail: {} },
    { ...plain, actor: 'ä "quoted"\n' },
  ]) {
    const bytes = encodeEntry(one);
    t.same(decodeEntry(bytes), one);
    t.same(encodeEntry(decodeEntry(bytes)), bytes);
  }
});

t.test('a flipped bit is refused or stands for another entry, never for the same one', async (t) => {
  const bytes = encodeEntry(entry);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    let decoded: AuditEntry;
    try {
      decoded = decodeEntry(flipped);
    } catch (error) {
      if (!(error instanceof AuditError && error.code === 'bad_entry')) t.fail('another error', { bit, error });
      continue;
    }
    if (!equalBytes(encodeEntry(decoded), flipped)) t.fail('not canonical', { bit });
  }
});

t.test('what is not an entry', async (t) => {
  const text = fromUtf8(encodeEntry(entry));
  const strangers: Record<string, string> = {
    'no JSON': 'x',
    'no object': '[]',
    'white space': ` ${text}`,
    'a member too many': text.replace('"v":1', '"v":1,"w":1'),
    'a member too few': text.replace(',"subject":"vigo/db/dsn"', ''),
    'a member in place of another': text.replace('"subject"', '"subjecu"'),
    'another version': text.replace('"v":1', '"v":2'),
    'an unknown action': text.replace('secret.set', 'secret.sex'),
    'an inherited action': text.replace('secret.set', 'toString'),
    'an unknown outcome': text.replace('"done"', '"gone"'),
    'a time before 1970': text.replace('1700000000000', '-1'),
    'a time with a fraction': text.replace('1700000000000', '1.5'),
    'a salt of 15 bytes': text.replace('AAECAwQFBgcICQoLDA0ODw', 'AAECAwQFBgcICQoLDA0O'),
    'a salt with loose bits': text.replace('AAECAwQFBgcICQoLDA0ODw', 'AAECAwQFBgcICQoLDA0ODx'),
    'a claim that is empty': text.replace('"detail"', '"claimed_by":{},"detail"'),
    'a claim of something else': text.replace('"detail"', '"claimed_by":{"role":"admin"},"detail"'),
    'a claim that is no name': text.replace('"detail"', '"claimed_by":{"sudo_user":"a b"},"detail"'),
    'detail that is a list': text.replace(/"detail":.*,"outcome"/, '"detail":[],"outcome"'),
  };
  for (const [what, stranger] of Object.entries(strangers)) {
    t.not(stranger, text, what);
    t.throws(() => decodeEntry(utf8(stranger)), { name: 'AuditError', code: 'bad_entry' }, what);
  }
});

t.test('what can not be written', async (t) => {
  const bad = { name: 'AuditError', code: 'bad_draft' };
  t.throws(() => encodeEntry({ ...entry, action: 'nonsense' as 'secret.set' }), bad);
  t.throws(() => encodeEntry({ ...entry, subject: '\ud800' }), bad, 'a lone surrogate');
  t.throws(() => encodeEntry({ ...entry, detail: { text: 'x'.repeat(MAX_ENTRY_BYTES) } }), bad, 'too large');
});
