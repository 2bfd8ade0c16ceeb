import { randomBytes } from '../../../crypto/index.js';
import { having } from '../engine.js';
import { formatBytes, type Primitive, requireAgreement, sameResults, type Work } from '../work.js';

/** About what an agent signs per call. */
const BYTES = 300;

export const ed25519: Primitive = {
  name: 'ed25519',
  works(engines) {
    const seed = randomBytes(32);
    const message = randomBytes(BYTES);
    const altered = message.with(-1, (message.at(-1) ?? 0) ^ 1);
    const keys = having(engines, 'ed25519').map(({ engine, able }) => ({ engine, key: able(seed) }));
    const verify = `verify ${formatBytes(BYTES)}`;
    const verifying: Work = {
      name: verify,
      bytes: BYTES,
      lanes: keys.map(({ engine, key }) => {
        const signature = key.sign(message);
        return { engine, run: () => key.verify(signature, message) };
      }),
      async check() {
        for (const one of keys) {
          const signature = one.key.sign(message);
          for (const other of keys) {
            const agree = other.key.verify(signature, message) && !other.key.verify(signature, altered);
            requireAgreement(agree, verify, one.engine, other.engine);
          }
        }
      },
    };
    const signing = sameResults({
      name: `sign ${formatBytes(BYTES)}`,
      bytes: BYTES,
      lanes: keys.map(({ engine, key }) => ({ engine, run: () => key.sign(message) })),
    });
    return [signing, verifying];
  },
};
