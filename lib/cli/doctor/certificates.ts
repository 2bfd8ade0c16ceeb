import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type Clock, VigoError } from '../../base/index.js';
import { readFileLimited } from '../../files/index.js';
import { formatTime } from '../table.js';
import type { Check } from './check.js';
import { type Finding, fail, ok, warn } from './finding.js';

const MAX_PEM_BYTES = 64 * 1024;
const RENEW_CA = 'vigocli secrets generate-certs --force makes a new one; every machine then has to enroll again';
const RENEW = 'vigocli secrets generate-certs makes a new one';

/** Whether the server can start with its certificates, and for how long yet. */
export const check: Check = {
  name: 'certificates',
  needsVault: true,
  async run({ tlsDir, clock }) {
    if (!existsSync(tlsDir)) return [warn(`there is no ${tlsDir}`, 'vigosrv needs it: vigocli secrets generate-certs')];
    const pki = await import('../../pki/index.js');
    const read = async (name: string) =>
      Buffer.from(await readFileLimited(join(tlsDir, name), MAX_PEM_BYTES, { followLink: true })).toString('latin1');
    const [ca, caKey, cert, key] = [await read('ca'), await read('ca_key'), await read('cert'), await read('key')];
    const unfit = [
      ...attempt(`the CA certificate ${join(tlsDir, 'ca')}`, () => pki.assertCa(ca)),
      ...attempt(`the CA's key ${join(tlsDir, 'ca_key')}`, () => pki.assertKeyMatches(ca, caKey)),
      ...attempt(`the server's key ${join(tlsDir, 'key')}`, () => pki.assertKeyMatches(cert, key)),
      ...attempt(`the server's certificate ${join(tlsDir, 'cert')}`, () => pki.assertIssuedBy(ca, cert)),
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

function attempt(what: string, assertion: () => void): Finding[] {
  try {
    assertion();
    return [];
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    return [fail(`${what} can't be used: ${error.message}`, error.hint ?? RENEW)];
  }
}
