import t from 'tap';
import { decodeCheckInAnswer, encodeCheckIn, type Traits, withProtocol } from '../../../lib/wire/index.js';
import { makeEnvoys } from '../envoys.js';
import { admin } from '../kit.js';

t.test('an agent hears how it is on record, and an earlier one is sent nothing that it refuses', async (t) => {
  const { kit, call, sign, id } = await makeEnvoys(t);
  const recordFor = async (traits: Traits) => {
    const said = { heldHead: undefined, heldBody: undefined, agentVersion: 'none', traits, generation: undefined };
    const answer = await call('CheckIn', sign('CheckIn', encodeCheckIn(said)));
    return decodeCheckInAnswer(answer ?? new Uint8Array()).record;
  };
  const now = withProtocol(new Map());
  t.equal(await recordFor(new Map()), undefined);
  const before = await recordFor(now);
  t.match(before, { standing: 'active' });
  await admin(kit, 'POST', `/envoys/${id}/rename`, { host_name: 'renamed' });
  await admin(kit, 'POST', `/envoys/${id}/quarantine`);
  t.strictSame(await recordFor(now), { hostName: 'renamed', standing: 'quarantined' });
  await admin(kit, 'POST', `/envoys/${id}/release`);
  t.match(await recordFor(now), { standing: 'active' });
});
