import { equalBytes } from '../../../base/index.js';
import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { formatBytes, type Primitive, requireAgreement, type Work } from '../work.js';

const SIZES = [16, 64, 256, 1024, 4096, 65_536, 1_048_576];
const AAD_BYTES = 40;

export const aes256Gcm: Primitive = {
  name: 'aes-256-gcm',
  works(engines) {
    const key = randomBytes(32);
    const aad = randomBytes(AAD_BYTES);
    const keys = having(engines, 'aes256Gcm').map(({ engine, able }) => ({ engine, key: able(key) }));
    return SIZES.flatMap((bytes): Work[] => {
      const plaintext = randomBytes(bytes);
      const seal = `seal ${formatBytes(bytes)}`;
      const open = `open ${formatBytes(bytes)}`;
      return [
        {
          name: seal,
          bytes,
          lanes: keys.map(({ engine, key }) => ({ engine, run: () => key.seal(plaintext, aad) })),
          // The nonces are random, so the ciphertexts differ: each must open what any other sealed.
          async check() {
            for (const one of keys) {
              const sealed = one.key.seal(plaintext, aad);
              for (const other of keys) {
                requireAgreement(opens(other.key, sealed, aad, plaintext), seal, one.engine, other.engine);
              }
            }
          },
        },
        {
          name: open,
          bytes,
          lanes: keys.map(({ engine, key }) => {
            const sealed = key.seal(plaintext, aad);
            return { engine, run: () => key.open(sealed, aad) };
          }),
          async check() {
            for (const { engine, key } of keys) {
              const forged = key.seal(plaintext, aad);
              forged[forged.length >> 1] = (forged[forged.length >> 1] ?? 0) ^ 1;
              requireAgreement(!opens(key, forged, aad, plaintext), open, 'a forgery', engine);
            }
          },
        },
      ];
    });
  },
};

function opens(
  key: { open(sealed: Uint8Array, aad: Uint8Array): Uint8Array },
  sealed: Uint8Array,
  aad: Uint8Array,
  plaintext: Uint8Array,
): boolean {
  try {
    return equalBytes(key.open(sealed, aad), plaintext);
  } catch {
    return false;
  }
}
