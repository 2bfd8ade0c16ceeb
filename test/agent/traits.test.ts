import { hostname } from 'node:os';
import t from 'tap';
import { collectTraits } from '../../lib/agent/contact/traits.js';
import { decodeCheckIn, encodeCheckIn } from '../../lib/wire/index.js';

t.test('what a machine says about itself passes the checks of the wire', async (t) => {
  const traits = collectTraits();
  t.equal(traits.get('hostname'), hostname());
  t.equal(traits.get('node'), process.versions.node);
  t.match(traits.get('core.limit'), /^(0|[0-9]+|unlimited|unknown)$/);
  t.match(traits.get('core.filter'), /^(0x[0-9a-f]+|unknown)$/);
  const checkIn = { heldHead: undefined, heldBody: undefined, traits, agentVersion: '1', generation: undefined };
  t.same(decodeCheckIn(encodeCheckIn(checkIn)).traits.size, traits.size);
});
