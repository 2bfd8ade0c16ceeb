import t from 'tap';
import { type AgentOffer, decodeCheckInAnswer, encodeCheckIn, PROTOCOL } from '../../../lib/wire/index.js';
import { makeEnvoys } from '../envoys.js';
import { admin } from '../kit.js';

const TYPES = ['directory', 'exec', 'file'];
const NOW: AgentOffer = { protocol: PROTOCOL, resourceTypes: TYPES };

function said(offer: AgentOffer | undefined, agentVersion = '1.0.0') {
  return encodeCheckIn({
    heldHead: undefined,
    heldBody: undefined,
    generation: undefined,
    traits: new Map(),
    agentVersion,
    offer,
  });
}

t.test('an agent hears how it is on record, and one of protocol 1 is sent nothing that it refuses', async (t) => {
  const { kit, call, sign, id } = await makeEnvoys(t);
  const recordFor = async (offer: AgentOffer | undefined) => {
    const answer = await call('CheckIn', sign('CheckIn', said(offer)));
    return decodeCheckInAnswer(answer ?? new Uint8Array()).record;
  };
  t.equal(await recordFor(undefined), undefined);
  t.match(await recordFor(NOW), { standing: 'active' });
  await admin(kit, 'POST', `/envoys/${id}/rename`, { host_name: 'renamed' });
  await admin(kit, 'POST', `/envoys/${id}/quarantine`);
  t.strictSame(await recordFor(NOW), { hostName: 'renamed', standing: 'quarantined' });
  await admin(kit, 'POST', `/envoys/${id}/release`);
  t.match(await recordFor({ ...NOW, protocol: 77 }), { standing: 'active' }, 'one from the future, too');
});

t.test('an agent that understands less than before is served, shown and recorded', async (t) => {
  const { kit, call, sign, id } = await makeEnvoys(t);
  const checkIn = (...say: Parameters<typeof said>) => call('CheckIn', sign('CheckIn', said(...say)));
  const shown = async () => (await admin(kit, 'GET', `/envoys/${id}`)).body.envoy.agent;
  await checkIn(NOW, '2.0.0');
  t.strictSame(await shown(), { version: '2.0.0', protocol: PROTOCOL, resource_types: TYPES });
  await checkIn(NOW, '2.0.1');
  t.same(await kit.entries('envoy.downgraded'), [], 'another version of the same protocol is nothing to tell');

  t.ok(await checkIn(undefined, '1.0.0'), 'it is served');
  t.strictSame(await shown(), { version: '1.0.0', protocol: 1, resource_types: TYPES });
  const [entry] = await kit.entries('envoy.downgraded');
  t.match(entry, { subject: id, detail: { from: { version: '2.0.1', protocol: PROTOCOL }, to: { protocol: 1 } } });
  await checkIn(undefined, '1.0.0');
  t.equal((await kit.entries('envoy.downgraded')).length, 1, 'once');

  await checkIn(NOW, '2.0.1');
  await checkIn({ ...NOW, resourceTypes: ['exec', 'file'] }, '2.0.1');
  t.equal((await kit.entries('envoy.downgraded')).length, 2, 'a type that is gone counts, too');
});

t.test('an agent that goes back and forth is served, and does not fill the audit log', async (t) => {
  const { kit, call, sign } = await makeEnvoys(t);
  for (let turn = 0; turn < 10; turn++) {
    for (const offer of [NOW, undefined]) t.ok(await call('CheckIn', sign('CheckIn', said(offer))));
  }
  t.equal((await kit.entries('envoy.downgraded')).length, 5);
  kit.clock.ms += 3_600_000;
  for (const offer of [NOW, undefined, NOW, undefined]) await call('CheckIn', sign('CheckIn', said(offer)));
  t.equal((await kit.entries('envoy.downgraded')).length, 6, 'one more an hour');
});
