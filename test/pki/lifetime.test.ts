import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { assertIssuedBy, generateCa, issueServerCertificate, lifetimeOf } from '../../lib/pki/index.js';

const DAY_MS = 86_400_000;

t.test('from not yet to no more, with notice of a third of its life and 30 days at most', async (t) => {
  const atMs = Date.UTC(2027, 0, 1);
  const clock = { nowMs: () => atMs };
  const make = (days: number) => generateCa({ commonName: 'test', days, clock }).certificatePem;
  for (const [days, noticeDays] of [
    [6, 2],
    [90, 30],
    [3650, 30],
  ] as const) {
    const pem = make(days);
    const { notBeforeMs, notAfterMs } = lifetimeOf(pem, clock);
    const backdatedMs = atMs - notBeforeMs; // counts to its life
    const noticeMs = Math.min(noticeDays * DAY_MS + backdatedMs / 3, 30 * DAY_MS);
    const state = (nowMs: number) => lifetimeOf(pem, { nowMs: () => nowMs }).state;
    t.equal(state(notBeforeMs - 1), 'not yet valid');
    t.equal(state(notBeforeMs), 'good');
    t.equal(state(notAfterMs - noticeMs - 1), 'good', `${days}`);
    t.equal(state(notAfterMs - noticeMs), 'ending', `${days}`);
    t.equal(state(notAfterMs), 'expired');
  }
});

t.test('one that openssl made, expired', async (t) => {
  const dir = t.testdir();
  const [key, cert] = [join(dir, 'key'), join(dir, 'cert')];
  const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-subj', '/CN=old'];
  execFileSync('openssl', [...args, '-days', '1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const pem = readFileSync(cert, 'latin1');
  t.equal(lifetimeOf(pem, { nowMs: () => Date.now() }).state, 'good');
  t.equal(lifetimeOf(pem, { nowMs: () => Date.now() + 2 * DAY_MS }).state, 'expired');
  t.doesNotThrow(() => assertIssuedBy(pem, pem));
});

t.test('the CA that signed it, and another one of the same name', async (t) => {
  const clock = { nowMs: () => Date.now() };
  const make = () => generateCa({ commonName: 'test', days: 30, clock });
  const [ca, other] = [make(), make()];
  const { certificatePem } = issueServerCertificate({ ca, names: [], days: 10, clock });
  t.doesNotThrow(() => assertIssuedBy(ca.certificatePem, certificatePem));
  t.throws(() => assertIssuedBy(other.certificatePem, certificatePem), { room: 'pki', code: 'not_issued' });
  t.throws(() => assertIssuedBy('none', certificatePem), { code: 'bad_certificate' });
});
