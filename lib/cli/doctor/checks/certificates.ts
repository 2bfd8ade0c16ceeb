import { X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Clock, equalBytes, VigoError } from '../../../base/index.js';
import { FilesError } from '../../../files/index.js';
import { formatTime } from '../../console/table.js';
import { readCertificate, readKey } from '../../host/certificates.js';
import { namesOtherHost, RENEW_FOR_THIS_HOST } from '../../host/other-host.js';
import type { Check } from '../check.js';
import { type Finding, fail, ok, warn } from '../finding.js';

const RENEW_CA = 'vigocli pki rotate-ca makes a new one, and machines follow';
const RENEW = 'vigocli pki renew-server makes a new one';
const REPLACE = 'vigocli pki rotate-ca makes new ones, and machines follow';

/** Whether the server can start with its certificates, and for how long yet. */
export const check: Check = {
  name: 'certificates',
  needsVault: true,
  async run({ places: { tls }, home, clock }) {
    const folders = Object.values(tls).map((path) => dirname(path));
    const missing = folders.find((folder) => !existsSync(folder));
    if (missing !== undefined)
      return [warn(`there is no ${missing}`, 'vigosrv needs it: vigocli secrets generate-certs')];
    const pki = await import('../../../pki/index.js');
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
      ...(await judgeHost(cert)),
      ...(await judgeRollOver(home.trust, new X509Certificate(ca).raw)),
    ];
  },
};

async function judgeHost(cert: string): Promise<Finding[]> {
  const message = await namesOtherHost(cert);
  return message === undefined ? [] : [warn(message, RENEW_FOR_THIS_HOST)];
}

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

/** Whether the chain of trust leads to the CA that is there, and to it alone. */
async function judgeRollOver(trustPath: string, ca: Uint8Array): Promise<Finding[]> {
  const [{ authoritiesOf, readTrustFile }, { readStatement }] = await Promise.all([
    import('../../../identity/index.js'),
    import('../../../wire/index.js'),
  ]);
  const chain = await readTrustFile(trustPath);
  const last = chain.at(-1);
  const newest = last && readStatement(last.statement).authorities.at(-1);
  if (newest !== undefined && !equalBytes(newest, ca)) {
    return [warn("the chain of trust leads to a CA that isn't there", REPLACE)];
  }
  const { length } = authoritiesOf(chain, ca);
  return length === 1
    ? []
    : [warn(`certificates of ${length} CAs count`, 'vigocli pki show says for whom, and what next')];
}

async function attempt(what: string, assertion: () => Promise<void> | void): Promise<Finding[]> {
  try {
    await assertion();
    return [];
  } catch (error) {
    if (!(error instanceof VigoError) || error instanceof FilesError) throw error;
    return [fail(`${what} can't be used: ${error.message}`, error.hint ?? REPLACE)];
  }
}
