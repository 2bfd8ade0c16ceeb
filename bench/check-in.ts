import { fileURLToPath } from 'node:url';
import { ownEnvoy, plainCheckIn } from '../demo/attacker.js';
import { decodeCheckInAnswer, encodeSignedRequest, headHash } from '../lib/wire/index.js';
import { ThrowAwayFleet } from '../test/system/fleet.js';
import { printCircumstances } from './measure.js';

const ROUNDS = 5;
const CALLS = 1000;
const PARALLEL = [1, 8, 32];

/** The bundled programs lie one folder above this bundled file. */
const DIST = fileURLToPath(new URL('..', import.meta.url));

const fleet = await ThrowAwayFleet.start(DIST);
try {
  await fleet.publish({ 'envoys.vgo': 'envoys:\n  - { match: "*", configcrates: [] }\n' });
  await fleet.enroll('bench-1');
  const envoy = await ownEnvoy(fleet.configDir('bench-1'));
  const checkIn = async (heldHead: Uint8Array | undefined) => {
    const request = encodeSignedRequest(
      envoy.sign('CheckIn', plainCheckIn({ generation: envoy.generation, heldHead })),
    );
    return decodeCheckInAnswer(await envoy.call('CheckIn', request));
  };
  const { bundle } = await checkIn(undefined);
  if (bundle === undefined) throw new Error('the first check-in gave no bundle');
  const held = await headHash(bundle.head);
  if ((await checkIn(held)).bundle !== undefined) throw new Error('a check-in without news gave a bundle');

  printCircumstances({});
  console.log('\nsigned check-ins without news, one connection, the client on the same machine');
  for (const parallel of PARALLEL) {
    const rates: number[] = [];
    for (let round = 0; round <= ROUNDS; round++) {
      const start = performance.now();
      const worker = async () => {
        for (let call = 0; call < CALLS / parallel; call++) await checkIn(held);
      };
      await Promise.all(Array.from({ length: parallel }, worker));
      // The first round warms up.
      if (round > 0) rates.push(CALLS / ((performance.now() - start) / 1000));
    }
    const [slowest, median, fastest] = [0, ROUNDS >> 1, ROUNDS - 1].map((i) =>
      rates.sort((a, b) => a - b)[i]?.toFixed(0),
    );
    console.log(`  ${String(parallel).padStart(2)} at a time   ${median} per second (${slowest} to ${fastest})`);
  }
  envoy.close();
} finally {
  await fleet.stop();
}
