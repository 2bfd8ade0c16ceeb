import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { formatBytes, type Primitive, sameResults } from '../work.js';

/** 300 bytes are an audit entry. */
const SIZES = [64, 300, 4096, 65_536, 1_048_576];

export const sha256: Primitive = {
  name: 'sha-256',
  works(engines) {
    const hashes = having(engines, 'sha256');
    const digests = SIZES.map((bytes) => {
      const data = randomBytes(bytes);
      return sameResults({
        name: `digest ${formatBytes(bytes)}`,
        bytes,
        lanes: hashes.map(({ engine, able }) => ({ engine, run: () => able.digest(data) })),
      });
    });
    const entry = [randomBytes(20), randomBytes(32), randomBytes(300)];
    const chain = sameResults({
      name: 'chain 20 + 32 + 300 B',
      bytes: 352,
      lanes: hashes.map(({ engine, able }) => ({ engine, run: () => able.digestParts(entry) })),
    });
    return [...digests, chain];
  },
};
