// Each primitive once, with bytes of the caller's choice: the same text whatever realm they are of. Bundled for `vm` in
// realms.test.ts.
import { createHash, createHmac, hkdfSync } from 'node:crypto';
import {
  CryptoError,
  constantTimeEqual,
  loadAes256Gcm,
  loadArgon2id,
  loadEd25519,
  loadHmacSha256,
  loadSha256,
  loadXWing,
  randomBytes,
  wipe,
} from '../../lib/crypto/index.js';

/** Bytes of one realm: so many of this value. */
export type MakeBytes = (length: number, value: number) => Uint8Array;

/** What came out of each call. */
export async function runWholeCore(make: MakeBytes): Promise<Record<string, string | number | boolean>> {
  const [aes, argon2id, ed25519] = await Promise.all([loadAes256Gcm(), loadArgon2id(), loadEd25519()]);
  const [hmac, sha256, xWing] = await Promise.all([loadHmacSha256(), loadSha256(), loadXWing()]);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
  /** The same bytes, of the caller's realm. */
  const theirs = (bytes: Uint8Array) => {
    const copy = make(bytes.length, 0);
    copy.set(bytes);
    return copy;
  };
  const refusal = (call: () => unknown) => {
    try {
      call();
    } catch (error) {
      return error instanceof CryptoError ? error.code : String(error);
    }
    return 'not refused';
  };

  const [text, long, aad, secret] = [make(100, 1), make(40_000, 2), make(20, 3), make(32, 4)];
  const results: Record<string, string | number | boolean> = {};

  const key = aes.importKey(secret);
  for (const plaintext of [text, long]) {
    const size = plaintext.length;
    const sealed = theirs(key.seal(plaintext, aad));
    const [sealedInto, openedInto] = [make(size + 28, 0), make(size, 0)];
    key.sealInto(plaintext, aad, sealedInto);
    results[`open ${size}`] = hex(key.open(sealed, aad)) === hex(plaintext);
    results[`openInto ${size}`] = key.openInto(sealedInto, aad, openedInto);
    results[`opened into ${size}`] = hex(openedInto) === hex(plaintext);
    results[`in place ${size}`] = key.openInto(sealedInto, aad, sealedInto.subarray(5));
    results[`opened in place ${size}`] = hex(sealedInto.subarray(5, 5 + size)) === hex(plaintext);
    sealed[size] = (sealed[size] as number) ^ 1;
    results[`forged ${size}`] = refusal(() => key.open(sealed, aad));
  }
  results['a short key'] = refusal(() => aes.importKey(make(31, 0)));
  key.dispose();
  results['a disposed key'] = refusal(() => key.seal(text, aad));

  results.Argon2id = hex(argon2id.hash(text, make(16, 5), { memoryKiB: 8, passes: 1 }));

  const signer = ed25519.importSigner(secret);
  const signature = theirs(signer.sign(text));
  results.sign = hex(signature);
  results.verify = ed25519.verify(signature, text, theirs(signer.publicKey));
  results['refuse another'] = !ed25519.verify(signature, aad, theirs(signer.publicKey));
  results.export = hex(signer.exportSeed());
  signer.dispose();

  const digest = createHash('sha256').update(long).digest('hex');
  results.digest = hex(sha256.digest(long)) === digest;
  results.digestSecret = hex(sha256.digestSecret(long)) === digest;
  results.parts = hex(sha256.create().update(long.subarray(0, 77)).update(long.subarray(77)).digest()) === digest;

  const mac = theirs(hmac.mac(secret, long));
  results.mac = hex(mac) === createHmac('sha256', secret).update(long).digest('hex');
  results['verify a MAC'] = hmac.verify(secret, long, mac);
  const derived = Buffer.from(hkdfSync('sha256', secret, aad, text, 50)).toString('hex');
  results.deriveKey = hex(hmac.deriveKey({ secret, salt: aad, info: text }, 50)) === derived;

  const pair = xWing.generateKeyPair();
  const { ciphertext, sharedSecret } = xWing.encapsulate(theirs(pair.publicKey));
  results['X-Wing'] = hex(xWing.decapsulate(theirs(ciphertext), theirs(pair.secretKey))) === hex(sharedSecret);

  results.random = randomBytes(33).length;
  results.equal = constantTimeEqual(theirs(text), text) && !constantTimeEqual(text, aad);
  const wiped = make(9, 9);
  wipe(wiped);
  results.wiped = hex(wiped);
  results['no bytes'] = refusal(() => sha256.digest('text' as unknown as Uint8Array));
  return results;
}
