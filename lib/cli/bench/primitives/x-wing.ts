import { equalBytes } from '../../../base/index.js';
import { having } from '../engine.js';
import { type Lane, type Primitive, requireAgreement } from '../work.js';

export const xWing: Primitive = {
  name: 'x-wing',
  works(engines) {
    const kems = having(engines, 'xWing').map(({ engine, able }) => {
      const { publicKey, secretKey } = able.generateKeyPair();
      const { ciphertext } = able.encapsulate(publicKey);
      return { engine, kem: able, publicKey, secretKey, ciphertext };
    });
    /** Everything is random, so they agree where each one's key pair takes what any other sends it. */
    const check = async () => {
      for (const { engine, kem, publicKey, secretKey } of kems) {
        for (const sender of kems) {
          const { ciphertext, sharedSecret } = sender.kem.encapsulate(publicKey);
          const agree = equalBytes(kem.decapsulate(ciphertext, secretKey), sharedSecret);
          requireAgreement(agree, 'x-wing', sender.engine, engine);
        }
      }
    };
    const work = (name: string, run: (own: (typeof kems)[number]) => unknown) => ({
      name,
      lanes: kems.map((own): Lane => ({ engine: own.engine, run: () => run(own) })),
      check,
    });
    return [
      work('generate key pair', ({ kem }) => kem.generateKeyPair()),
      work('encapsulate', ({ kem, publicKey }) => kem.encapsulate(publicKey)),
      work('decapsulate', ({ kem, ciphertext, secretKey }) => kem.decapsulate(ciphertext, secretKey)),
    ];
  },
};
