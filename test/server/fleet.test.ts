import t from 'tap';
import { parseEnvoyId, parseHostName, uuidFrom } from '../../lib/base/index.js';
import { Fleet } from '../../lib/server/agents/fleet.js';
import { ManualClock } from './kit.js';

const ID = parseEnvoyId(uuidFrom(new Uint8Array(16).fill(1)));
const OTHER = parseEnvoyId(uuidFrom(new Uint8Array(16).fill(2)));
const ENVOY = { id: ID, hostName: parseHostName('web-1'), publicKey: new Uint8Array(32), status: 'active' } as const;

const AGENT = { version: '1.0.0', protocol: 2, resourceTypes: ['exec', 'file'] };

t.test('what was committed shows at once', async (t) => {
  const fleet = new Fleet([ENVOY], new ManualClock());
  fleet.rename(ID, parseHostName('web-2'));
  t.match(fleet.get(ID), { hostName: 'web-2', status: 'active' });
  fleet.revoke(ID);
  t.match(fleet.get(ID), { hostName: 'web-2', status: 'revoked' });
  fleet.revoke(OTHER);
  t.equal(fleet.get(OTHER), undefined, 'what is unknown stays unknown');
  const { status: _, ...machine } = ENVOY;
  fleet.enrolled({ ...machine, id: OTHER });
  t.match(fleet.get(OTHER), { status: 'active' });
});

t.test('who enrolls once more is what he was', async (t) => {
  const fleet = new Fleet([ENVOY], new ManualClock());
  const { status: _, ...machine } = ENVOY;
  for (const status of ['active', 'quarantined', 'revoked'] as const) {
    if (status === 'quarantined') fleet.quarantine(ID);
    if (status === 'revoked') fleet.revoke(ID);
    fleet.enrolled(machine);
    t.match(fleet.get(ID), { status });
  }
});

t.test('sightings are handed over once, the latest of each', async (t) => {
  const clock = new ManualClock();
  const fleet = new Fleet([ENVOY], clock);
  fleet.saw(ID, { traits: new Map([['os', 'old']]), agent: AGENT }, 60_000);
  clock.ms += 1;
  fleet.saw(ID, { traits: new Map([['os', 'new']]), agent: AGENT }, 60_000);
  t.same(fleet.takeSightings(), [
    { id: ID, lastSeenAtMs: clock.ms, traits: { os: 'new' }, agent: AGENT, checkInIntervalMs: 60_000 },
  ]);
  t.same(fleet.takeSightings(), []);
});

t.test('put aside it stays a member, revoked it does not, whatever comes after', async (t) => {
  const fleet = new Fleet([ENVOY], new ManualClock());
  fleet.quarantine(ID);
  t.match(fleet.get(ID), { status: 'quarantined' });
  t.ok(fleet.isMember(ID));
  fleet.release(ID);
  t.match(fleet.get(ID), { status: 'active' });
  fleet.revoke(ID);
  for (const change of [() => fleet.quarantine(ID), () => fleet.release(ID)]) {
    change();
    t.match(fleet.get(ID), { status: 'revoked' });
  }
  t.notOk(fleet.isMember(ID));
  t.notOk(fleet.isMember(OTHER));
});

t.test('generations travel with the sightings', async (t) => {
  const clock = new ManualClock();
  const fleet = new Fleet([ENVOY], clock);
  fleet.saw(ID, { traits: new Map([['os', 'linux']]), agent: AGENT }, 60_000);
  fleet.holds(ID, { issued: 1, quoted: 0 });
  fleet.holds(ID, { issued: 1, quoted: 1 });
  const generation = { issued: 1, quoted: 1 };
  t.same(fleet.takeSightings(), [
    { id: ID, lastSeenAtMs: clock.ms, traits: { os: 'linux' }, agent: AGENT, checkInIntervalMs: 60_000, generation },
  ]);
});
