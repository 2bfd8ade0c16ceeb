import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { type Primitive, sameResults } from '../work.js';

/** The least that OWASP advises for one lane, and what the vault's passphrase costs. */
const COSTS = [
  { memoryKiB: 19_456, passes: 2 },
  { memoryKiB: 65_536, passes: 3 },
];

export const argon2id: Primitive = {
  name: 'argon2id',
  works(engines) {
    const [password, salt] = [randomBytes(20), randomBytes(16)];
    return COSTS.map((cost) =>
      sameResults({
        name: `hash ${cost.memoryKiB / 1024} MiB, ${cost.passes} passes`,
        lanes: having(engines, 'argon2id').map(({ engine, able }) => ({
          engine,
          run: () => able(password, salt, cost),
        })),
      }),
    );
  },
};
