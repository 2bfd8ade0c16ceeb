import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { type Primitive, sameResults } from '../work.js';

/** An AES-256 key out of a shared secret. */
const DERIVED_BYTES = 32;

export const hkdfSha256: Primitive = {
  name: 'hkdf-sha-256',
  works(engines) {
    const [secret, salt, info] = [randomBytes(32), randomBytes(32), randomBytes(64)];
    return [
      sameResults({
        name: `derive ${DERIVED_BYTES} B`,
        lanes: having(engines, 'hkdfSha256').map(({ engine, able }) => ({
          engine,
          run: () => able(secret, salt, info, DERIVED_BYTES),
        })),
      }),
    ];
  },
};
