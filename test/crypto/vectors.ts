import gcmDecrypt from '../vectors/crypto/aes-256-gcm-cavp-decrypt.json' with { type: 'json' };
import gcmEncrypt from '../vectors/crypto/aes-256-gcm-cavp-encrypt.json' with { type: 'json' };
import gcmUnsupported from '../vectors/crypto/aes-256-gcm-cavp-unsupported.json' with { type: 'json' };
import gcmAuthors from '../vectors/crypto/aes-256-gcm-mcgrew-viega.json' with { type: 'json' };
import argon2idLibsodium from '../vectors/crypto/argon2id-libsodium.json' with { type: 'json' };
import argon2idReference from '../vectors/crypto/argon2id-reference.json' with { type: 'json' };
import ed25519Rfc8032 from '../vectors/crypto/ed25519-rfc8032.json' with { type: 'json' };
import ed25519SignInput from '../vectors/crypto/ed25519-sign-input.json' with { type: 'json' };
import hkdfPyca from '../vectors/crypto/hkdf-pyca.json' with { type: 'json' };
import hkdfRfc5869 from '../vectors/crypto/hkdf-rfc5869.json' with { type: 'json' };
import hmacCavp from '../vectors/crypto/hmac-cavp.json' with { type: 'json' };
import hmacRfc4231 from '../vectors/crypto/hmac-rfc4231.json' with { type: 'json' };
import sha256Cavp from '../vectors/crypto/sha256-cavp.json' with { type: 'json' };
import sha256CavpMonte from '../vectors/crypto/sha256-cavp-monte.json' with { type: 'json' };
import wycheproofAesGcm from '../vectors/crypto/wycheproof-aes-gcm.json' with { type: 'json' };
import wycheproofEd25519 from '../vectors/crypto/wycheproof-ed25519.json' with { type: 'json' };
import wycheproofHkdf from '../vectors/crypto/wycheproof-hkdf-sha256.json' with { type: 'json' };
import wycheproofHmac from '../vectors/crypto/wycheproof-hmac-sha256.json' with { type: 'json' };
import xWing from '../vectors/crypto/x-wing.json' with { type: 'json' };

/** The files of test/vectors/crypto, each with its source. Imported, so that a bundle of them runs on any machine. */
const FILES: Record<string, { vectors: unknown }> = {
  'aes-256-gcm-cavp-decrypt': gcmDecrypt,
  'aes-256-gcm-cavp-encrypt': gcmEncrypt,
  'aes-256-gcm-cavp-unsupported': gcmUnsupported,
  'aes-256-gcm-mcgrew-viega': gcmAuthors,
  'argon2id-libsodium': argon2idLibsodium,
  'argon2id-reference': argon2idReference,
  'ed25519-rfc8032': ed25519Rfc8032,
  'ed25519-sign-input': ed25519SignInput,
  'hkdf-pyca': hkdfPyca,
  'hkdf-rfc5869': hkdfRfc5869,
  'hmac-cavp': hmacCavp,
  'hmac-rfc4231': hmacRfc4231,
  'sha256-cavp': sha256Cavp,
  'sha256-cavp-monte': sha256CavpMonte,
  'wycheproof-aes-gcm': wycheproofAesGcm,
  'wycheproof-ed25519': wycheproofEd25519,
  'wycheproof-hkdf-sha256': wycheproofHkdf,
  'wycheproof-hmac-sha256': wycheproofHmac,
  'x-wing': xWing,
};

/** The vectors of a file. */
export function readVectors<T>(name: string): T {
  const file = FILES[name];
  if (file === undefined) throw new Error(`test/vectors/crypto/${name}.json is not imported`);
  return file.vectors as T;
}
