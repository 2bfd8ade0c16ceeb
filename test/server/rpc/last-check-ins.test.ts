import t from 'tap';
import type { Peer } from '../../../lib/rpc/index.js';
import { LastCheckIns } from '../../../lib/server/rpc/last-check-ins.js';
import { type CheckIn, decodeCheckIn, encodeCheckIn } from '../../../lib/wire/index.js';

const peer = (): Peer => ({ envoyId: undefined, trustDomain: undefined, remoteAddress: '192.0.2.1', notAfterMs: 0 });

function said(traits: Record<string, string>): Uint8Array {
  const checkIn: CheckIn = {
    heldHead: new Uint8Array(32).fill(1),
    heldBody: new Uint8Array(32).fill(2),
    traits: new Map(Object.entries(traits)),
    agentVersion: '1.0.0',
    generation: new Uint8Array(40).fill(3),
  };
  return encodeCheckIn(checkIn);
}

t.test('what comes again is read once, and is what it was', async (t) => {
  const last = new LastCheckIns();
  const [one, other] = [peer(), peer()];
  const payload = said({ os: 'linux' });
  last.read(one, payload);
  const kept = last.read(one, Uint8Array.from(payload));
  t.same(kept, last.read(other, payload));
  t.equal(last.read(one, payload), kept);
  t.not(last.read(other, payload), kept, 'each connection has its own');
  payload.fill(0);
  t.match(
    kept,
    { heldHead: new Uint8Array(32).fill(1), generation: new Uint8Array(40).fill(3) },
    'in bytes of its own',
  );
});

t.test('anything else is read, and checked, anew', async (t) => {
  const last = new LastCheckIns();
  const connection = peer();
  const payload = said({ os: 'linux' });
  last.read(connection, payload);
  for (let bit = 0; bit < payload.length * 8; bit++) {
    const flipped = Uint8Array.from(payload);
    flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
    const outcome = (read: () => CheckIn) => {
      try {
        return read();
      } catch (error) {
        return error instanceof Error && 'code' in error ? error.code : error;
      }
    };
    const [kept, read] = [outcome(() => last.read(connection, flipped)), outcome(() => decodeCheckIn(flipped))];
    if (JSON.stringify(plain(kept)) !== JSON.stringify(plain(read))) t.fail(`bit ${bit}`);
  }
  t.not(last.read(connection, said({ os: 'linux' })).traits, last.read(connection, said({ os: 'bsd' })).traits);
  const long = said({ note: 'x'.repeat(1000), a: 'x'.repeat(1000), b: 'x'.repeat(1000), c: 'x'.repeat(1000) });
  t.not(last.read(connection, long), last.read(connection, long), 'what is long is not kept');
});

function plain(outcome: unknown): unknown {
  if (typeof outcome !== 'object' || outcome === null || !('traits' in outcome)) return outcome;
  const { traits, heldHead, heldBody, generation, ...rest } = outcome as CheckIn;
  const bytes = [heldHead, heldBody, generation].map((each) => each && [...each]);
  return { ...rest, traits: [...traits], bytes };
}
