import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import t from 'tap';
import { encodeCanonical, fromHex, toHex } from '../../lib/base/index.js';
import { IdentityError, makeToken, parseToken, tokenHash, tokenId } from '../../lib/identity/index.js';

const CA_HASH = Uint8Array.from({ length: 32 }, (_, i) => i);
/** 32 bytes of 0xaa, then 00 01 … 1f. */
const TEXT = `vget_${Buffer.concat([Buffer.alloc(32, 0xaa), CA_HASH]).toString('base64url')}`;

t.test('a token says what it was made of', async (t) => {
  const made = makeToken(CA_HASH);
  t.match(made.text, /^vget_[A-Za-z0-9_-]{86}$/);
  const parsed = parseToken(made.text);
  t.same(parsed.secret.expose(), made.secret.expose());
  t.same(parsed.caHash, CA_HASH);
  t.equal(made.secret.expose().length, 32);
  t.not(made.text, makeToken(CA_HASH).text);
});

t.test('the format stays what it is', async (t) => {
  const { secret, caHash } = parseToken(TEXT);
  t.equal(toHex(secret.expose()), 'aa'.repeat(32));
  t.same(caHash, CA_HASH);
});

t.test('the secret is not printed by mistake', async (t) => {
  t.notMatch(inspect(parseToken(TEXT)), /170|qqqq|aaaa/);
  t.notMatch(JSON.stringify(parseToken(TEXT)), /170|qqqq/);
});

t.test('only the one text of a token is one', async (t) => {
  const wrong = [
    ...['', 'vget_', TEXT.slice(5), `${TEXT}\n`, ` ${TEXT}`, `${TEXT}=`, `${TEXT}A`, TEXT.slice(0, -1)],
    ...[TEXT.replace('vget_', 'VGET_'), TEXT.replace('vget_', 'vgot_'), TEXT.replace('_q', '_+')],
    // The last character holds four bits that belong to no byte.
    ...[...'BCDEFGHIJKLMNOP'].map(
      (c) => TEXT.slice(0, -1) + String.fromCharCode(TEXT.charCodeAt(90) + c.charCodeAt(0) - 65),
    ),
  ];
  for (const text of wrong) {
    const error = t.throws(() => parseToken(text), { code: 'bad_token' }, JSON.stringify(text));
    t.ok(error instanceof IdentityError);
    t.notMatch(inspect(error, { showHidden: true, depth: 9 }), /qqqq/, 'the refusal says nothing of the text');
  }
  t.throws(() => makeToken(CA_HASH.subarray(1)), { code: 'bad_token' });
});

t.test('what is stored is a domain-separated SHA-256, and the id one more', async (t) => {
  const sha256 = (tag: string, bytes: Uint8Array) =>
    createHash('sha256').update(encodeCanonical(tag, bytes)).digest('hex');
  const { secret } = parseToken(TEXT);
  const hash = toHex(await tokenHash(secret.expose()));
  t.equal(hash, sha256('vigo/enrollment-token/v1', fromHex('aa'.repeat(32))));
  t.equal(await tokenId(fromHex(hash)), sha256('vigo/enrollment-token-id/v1', fromHex(hash)).slice(0, 16));
});
