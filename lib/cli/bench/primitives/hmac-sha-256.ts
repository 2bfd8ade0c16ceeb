import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { formatBytes, type Primitive, sameResults } from '../work.js';

const SIZES = [32, 300, 4096];

export const hmacSha256: Primitive = {
  name: 'hmac-sha-256',
  works(engines) {
    const key = randomBytes(32);
    return SIZES.map((bytes) => {
      const data = randomBytes(bytes);
      return sameResults({
        name: `mac ${formatBytes(bytes)}`,
        bytes,
        lanes: having(engines, 'hmacSha256').map(({ engine, able }) => ({ engine, run: () => able(key, data) })),
      });
    });
  },
};
