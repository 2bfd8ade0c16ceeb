import t from 'tap';
import { AgentError } from '../../lib/agent/errors.js';
import type { TlsFiles } from '../../lib/agent/held/identity-files.js';
import { CertificateKeeper } from '../../lib/agent/identity/certificate-keeper.js';
import { generateTlsKey } from '../../lib/agent/identity/tls-key.js';
import { parseEnvoyId } from '../../lib/base/index.js';
import { generateCa, issueEnvoyCertificate } from '../../lib/pki/index.js';
import { Rejection } from '../../lib/wire/index.js';

const DAY_MS = 86_400_000;
const START_MS = Date.parse('2026-02-01T12:00:00Z');
const ENVOY_ID = parseEnvoyId('00000000-0000-4000-8000-000000000001');
const ca = generateCa({ commonName: 'test CA', days: 3650, clock: { nowMs: () => START_MS } });
const otherCa = generateCa({ commonName: 'test CA', days: 3650, clock: { nowMs: () => START_MS } });

/** A machine that got its certificate at `START_MS`, by a server whose clock runs behind by `aheadMs`. */
function setUp({ ttlMs = 30 * DAY_MS, random = 0, aheadMs = 0, caPem = ca.certificatePem } = {}) {
  const at = { ms: START_MS + aheadMs, setMs: 0 };
  const events: string[] = [];
  const failures: Error[] = [];
  const issue = (): TlsFiles => {
    const key = generateTlsKey();
    const clock = { nowMs: () => at.ms - aheadMs };
    const issued = issueEnvoyCertificate({
      ca,
      envoyId: ENVOY_ID,
      trustDomain: 'vigo-test',
      publicKey: key.publicKey,
      ttlMs,
      clock,
    });
    return { caPem: ca.certificatePem, certificatePem: issued.certificatePem, key: key.privateKey };
  };
  const keeper = new CertificateKeeper({
    tls: { ...issue(), caPem },
    async renew() {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      events.push('renew');
      return issue();
    },
    async use() {
      events.push('use');
    },
    clock: { nowMs: () => at.ms + at.setMs, monotonicMs: () => at.ms },
    random: () => random,
    log: { info: () => {}, warn: (line) => void events.push(`warn ${line}`) },
  });
  /** What happens at a contact so many days later. */
  const after = async (days: number) => {
    at.ms += days * DAY_MS;
    events.length = 0;
    await keeper.keep();
    return [...events];
  };
  return { after, failures, at, keeper };
}

t.test('renewed after two thirds, each time', async (t) => {
  const { after } = setUp();
  t.same(await after(19.99), []);
  t.same(await after(0.02), ['renew', 'use']);
  t.same(await after(19.98), []);
  t.same(await after(0.02), ['renew', 'use']);
});

t.test('a twentieth of its time is left to chance', async (t) => {
  const { after } = setUp({ random: 1 });
  t.same(await after(21.49), []);
  t.same(await after(0.02), ['renew', 'use']);
});

t.test('short ones are renewed by their own measure', async (t) => {
  const { after } = setUp({ ttlMs: DAY_MS });
  t.same(await after(0.6), []);
  t.same(await after(0.1), ['renew', 'use']);
});

t.test('a failure is said, and tried again later and later, while the certificate is good', async (t) => {
  const { after, failures, at } = setUp({ random: 1 });
  failures.push(new AgentError('unreachable', 'nobody there'), new AgentError('unreachable', 'nobody there'));
  t.match(await after(22), [/^warn the certificate isn't renewed yet: nobody there/]);
  t.same(await after(0), [], 'not at once');
  at.ms += 1000;
  t.match(await after(0), [/^warn/]);
  at.ms += 1000;
  t.same(await after(0), [], 'twice as long');
  at.ms += 1000;
  t.same(await after(0), ['renew', 'use']);
});

t.test('a clock that is set back does not put the next try off', async (t) => {
  for (const setMs of [-90_000, -3_600_000]) {
    const { after, failures, at } = setUp({ random: 1 });
    failures.push(new AgentError('unreachable', 'no answer'));
    t.match(await after(22), [/^warn/]);
    at.setMs = setMs;
    at.ms += 1000;
    t.same(await after(0), ['renew', 'use']);
  }
});

t.test('revoked is asked hourly', async (t) => {
  const { after, failures } = setUp({ random: 0.5 });
  failures.push(new Rejection('revoked', 'this envoy is revoked'));
  t.match(await after(21), [/revoked/]);
  t.same(await after(59 / 1440), []);
  t.same(await after(2 / 1440), ['renew', 'use']);
});

t.test('after its end the contact waits for it, and goes on as soon as there is one', async (t) => {
  const { after, failures } = setUp();
  failures.push(new Rejection('lapsed', 'too long ago', { hint: 'a token' }), new AgentError('unreachable', 'nobody'));
  await t.rejects(after(150), { name: 'Rejection', code: 'lapsed', hint: 'a token' });
  await t.rejects(after(0), { code: 'unreachable' }, 'who calls decides when to try again');
  t.same(await after(0), ['renew', 'use'], 'a lapsed envoy is let in again');
});

t.test('a clock that is ahead does not renew for ever', async (t) => {
  const { after } = setUp({ aheadMs: 100 * DAY_MS });
  t.same(await after(0), ['renew', 'use']);
  t.same(await after(9.9), []);
  t.same(await after(0.2), ['renew', 'use']);
});

t.test('a defect is not taken for a failure', async (t) => {
  const { after, failures } = setUp();
  failures.push(new TypeError('a defect'));
  await t.rejects(after(21), TypeError);
});

t.test('a CA that has a successor: within the hour, by chance', async (t) => {
  for (const random of [0.01, 0.5, 1]) {
    const { after, keeper } = setUp({ random });
    keeper.heed(ca.certificatePem + otherCa.certificatePem);
    t.same(await after((random - 0.001) / 24), [], `${random}`);
    t.same(await after(0.002 / 24), ['renew', 'use'], `${random}`);
  }
});

t.test('a certificate that no CA signed which is trusted is renewed at once', async (t) => {
  const { after, keeper } = setUp({ random: 1 });
  keeper.heed(otherCa.certificatePem);
  t.same(await after(0), ['renew', 'use']);
});

t.test('no contact is tried with it: why there is no other one is what the caller hears', async (t) => {
  const heeding = setUp();
  heeding.keeper.heed(otherCa.certificatePem);
  for (const { after, failures } of [heeding, setUp({ caPem: otherCa.certificatePem })]) {
    failures.push(new Rejection('revoked', 'this envoy is revoked'));
    await t.rejects(after(0), { name: 'Rejection', code: 'revoked' });
    t.same(await after(0), ['renew', 'use'], 'and it is asked for again');
  }
});

t.test('what changes nothing for it changes nothing', async (t) => {
  const { after, keeper } = setUp();
  keeper.heed(otherCa.certificatePem + ca.certificatePem);
  keeper.heed(ca.certificatePem);
  t.same(await after(19.99), []);
});

t.test('a process that begins with a certificate of an earlier CA renews it at once', async (t) => {
  for (const caPem of [ca.certificatePem + otherCa.certificatePem, otherCa.certificatePem]) {
    const { after } = setUp({ random: 1, caPem });
    t.same(await after(0), ['renew', 'use']);
    t.same(await after(1), [], 'once');
  }
});
