import { createPublicKey, verify } from 'node:crypto';
import t from 'tap';
import { encodeCanonical } from '../../lib/base/index.js';
import { demandGranted, type GrantedGeneration, grantGeneration } from '../../lib/wire/index.js';
import { bitFlips, pin, pinned, policySigner, strangerSigner } from './test-wire.js';

const generation = new Uint8Array(40).fill(1);
const requestHash = new Uint8Array(32).fill(2);
const forged = { name: 'WireError', code: 'forged' };

t.test('the policy key grants it in answer to one request, as node:crypto finds', async (t) => {
  const granted = grantGeneration(generation, requestHash, policySigner);
  await demandGranted(granted, requestHash, pinned);
  const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), policySigner.publicKey]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  t.ok(verify(null, encodeCanonical('vigo/granted-generation/v1', requestHash, generation), key, granted.signature));
});

t.test('nothing else grants it', async (t) => {
  const granted = grantGeneration(generation, requestHash, policySigner);
  await t.rejects(demandGranted(granted, new Uint8Array(32), pinned), forged, 'in answer to another request');
  await t.rejects(
    demandGranted(granted, requestHash, await pin(strangerSigner.publicKey)),
    forged,
    'another key pinned',
  );
  const stranger = grantGeneration(generation, requestHash, strangerSigner);
  await t.rejects(demandGranted(stranger, requestHash, pinned), forged, 'by another key');
  const isTaken = (change: Partial<GrantedGeneration>) =>
    demandGranted({ ...granted, ...change }, requestHash, pinned).then(
      () => true,
      () => false,
    );
  for (const flipped of bitFlips(generation)) if (await isTaken({ generation: flipped })) t.fail('a bit flipped');
  for (const flipped of bitFlips(granted.signature)) if (await isTaken({ signature: flipped })) t.fail('a bit flipped');
});
