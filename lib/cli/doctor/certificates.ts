import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, VigoError } from '../../base/index.js';
import { FilesError } from '../../files/index.js';
import { readCertificate, readKey } from '../certificates.js';
import { formatTime } from '../table.js';
import type { Check } from './check.js';
import { type Finding, fail, ok, warn } from './finding.js';

const RENEW_CA = 'vigocli secrets generate-certs --force makes a new one; every machine then has to enroll again';
const RENEW = 'vigocli secrets generate-certs makes a new one';

/** Whether the server can start with its certificates, and for how long yet. */
export const check: Check = {
  name: 'certificates',
  needsVault: true,
  async run({ places: { tls }, clock }) {
    const folders = Object.values(tls).map((path) => dirname(path));
    const missing = folders.find((folder) => !existsSync(folder));
    if (missing !== undefined)
      return [warn(`there is no ${missing}`, 'vigosrv needs it: vigocli secrets generate-certs')];
    const pki = await import('../../pki/index.js');
    const [ca, cert] = [await readCertificate(tls.ca), await readCertificate(tls.cert)];
    const unfit = [
      ...(await attempt(`the CA certificate ${tls.ca}`, () => pki.assertCa(ca))),
      ...(await attempt(`the CA's key ${tls.caKey}`, async () => pki.assertKeyMatches(ca, await readKey(tls.caKey)))),
      ...(await attempt(`the server's key ${tls.key}`, async () => pki.assertKeyMatches(cert, await readKey(tls.key)))),
      ...(await attempt(`the server's certificate ${tls.cert}`, () => pki.assertIssuedBy(ca, cert))),
    ];
    if (unfit.length > 0) return unfit;
    const lifetime = (pem: string) => pki.lifetimeOf(pem, clock);
    return [
      judgeLifetime('the CA certificate', lifetime(ca), clock, RENEW_CA),
      judgeLifetime("the server's certificate", lifetime(cert), clock, RENEW),
    ];
  },
};

function judgeLifetime(
  what: string,
  { state, notBeforeMs, notAfterMs }: { state: string; notBeforeMs: number; notAfterMs: number },
  clock: Clock,
  hint: string,
): Finding {
  const days = Math.floor((notAfterMs - clock.nowMs()) / 86_400_000);
  if (state === 'expired') return fail(`${what} expired ${formatTime(notAfterMs)}`, hint);
  if (state === 'not yet valid')
    return fail(`${what} is not valid before ${formatTime(notBeforeMs)}`, 'is the clock right?');
  const until = `${what} is good until ${formatTime(notAfterMs)}, ${days} days`;
  return state === 'ending' ? warn(until, hint) : ok(until);
}

async function attempt(what: string, assertion: () => Promise<void> | void): Promise<Finding[]> {
  try {
    await assertion();
    return [];
  } catch (error) {
    if (!(error instanceof VigoError) || error instanceof FilesError) throw error;
    return [fail(`${what} can't be used: ${error.message}`, error.hint ?? RENEW)];
  }
}
