import t from 'tap';
import { makeKeyPair, parseIdentity, parseRecipient } from '../../lib/archive/index.js';
import { toBase64Url, utf8 } from '../../lib/base/index.js';

t.test('a key pair as text, and back', async (t) => {
  const { recipient, identity, id } = await makeKeyPair();
  t.match(recipient, /^vgar_[\w-]{1632}$/);
  t.match(Buffer.from(identity).toString(), /^vgai_[\w-]{54}$/);
  t.same((await parseRecipient(recipient)).id, id);
  t.same(parseIdentity(identity).id, id);
});

t.test('a public key with a wrong letter is noticed before a backup is made that nobody can open', async (t) => {
  const { recipient } = await makeKeyPair();
  for (let at = 0; at < recipient.length; at += 7) {
    const other = recipient[at] === 'A' ? 'B' : 'A';
    const altered = recipient.slice(0, at) + other + recipient.slice(at + 1);
    await t.rejects(parseRecipient(altered), { room: 'archive', code: 'bad_recipient' }, `letter ${at}`);
  }
});

t.test('the two halves are not taken for each other, nor anything else for one', async (t) => {
  const { recipient, identity } = await makeKeyPair();
  const text = Buffer.from(identity).toString();
  await t.rejects(parseRecipient(text), { code: 'bad_recipient', message: /private/ });
  t.throws(() => parseIdentity(utf8(recipient)), { code: 'bad_identity', message: /public/ });
  for (const wrong of [
    '',
    'vgar_',
    'vgai_',
    text.slice(0, -1),
    `${text} `,
    `vgai_${toBase64Url(new Uint8Array(39))}`,
  ]) {
    t.throws(() => parseIdentity(utf8(wrong)), { code: 'bad_identity' }, wrong);
    await t.rejects(parseRecipient(wrong), { code: 'bad_recipient' }, wrong);
  }
});
