import { equalBytes } from '../../../base/index.js';
import { having } from '../engine.js';
import { formatBytes, type Primitive, requireAgreement } from '../work.js';

/** A nonce, a key, and more than a pool is asked for. */
const SIZES = [12, 32, 1024];

export const random: Primitive = {
  name: 'random',
  works: (engines) =>
    SIZES.map((bytes) => {
      const name = `draw ${formatBytes(bytes)}`;
      const sources = having(engines, 'randomBytes');
      return {
        name,
        bytes,
        lanes: sources.map(({ engine, able }) => ({ engine, run: () => able(bytes) })),
        async check() {
          for (const { engine, able } of sources) {
            const [one, other] = [able(bytes), able(bytes)];
            const differ = one.length === bytes && other.length === bytes && !equalBytes(one, other);
            requireAgreement(differ, name, 'chance', engine);
          }
        },
      };
    }),
};
