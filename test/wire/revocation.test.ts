import { createPublicKey, verify } from 'node:crypto';
import t from 'tap';
import { encodeCanonical } from '../../lib/base/index.js';
import { provesRevocation, revocationProver } from '../../lib/wire/index.js';
import { bitFlips, ENVOY_ID, OTHER_ENVOY_ID, pin, pinned, policySigner, strangerSigner } from './test-wire.js';

t.test('the policy key says it of one envoy, as node:crypto finds', async (t) => {
  const proof = revocationProver(policySigner)(ENVOY_ID);
  t.ok(await provesRevocation(proof, ENVOY_ID, pinned));
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), policySigner.publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  t.ok(verify(null, encodeCanonical('vigo/revocation/v1', ENVOY_ID), key, proof));
});

t.test('nothing else proves it', async (t) => {
  const proof = revocationProver(policySigner)(ENVOY_ID);
  t.notOk(await provesRevocation(proof, OTHER_ENVOY_ID, pinned), 'of another envoy');
  t.notOk(await provesRevocation(proof, ENVOY_ID, await pin(strangerSigner.publicKey)), 'to who pinned another key');
  const forged = revocationProver(strangerSigner)(ENVOY_ID);
  t.notOk(await provesRevocation(forged, ENVOY_ID, pinned), 'by another key');
  for (const flipped of bitFlips(proof)) if (await provesRevocation(flipped, ENVOY_ID, pinned)) t.fail('a bit flipped');
});
