import { type KeyObject, X509Certificate } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { systemClock } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import type { Flags } from '../../console/flags.js';
import { CliError } from '../../errors.js';
import {
  CA_DAYS,
  caDaysOption,
  DEFAULT_SERVER_DAYS,
  hashOf,
  readCertificate,
  readDays,
  replaceCertificates,
  sanOption,
  serverDaysOption,
  tlsDirOption,
} from '../../host/certificates.js';
import type { CommandContext } from '../../host/context.js';
import { type HostTrust, withHostTrust } from '../../host/host-trust.js';
import { findHolders } from '../../host/pki-state.js';

/** How many envoys are named before the rest is counted. */
const NAMED = 10;

export const command: Command = {
  usage: 'pki rotate-ca',
  summary: 'Replace the CA; envoys follow by themselves, and certificates of both count until --finish',
  options: [
    { name: 'finish', summary: 'Let certificates of the present CA alone count' },
    { name: 'force', summary: 'With --finish: also while envoys hold others; they come back by their Ed25519 keys' },
    tlsDirOption,
    { ...sanOption, summary: 'A DNS name or IP beside those of the present certificate; may be given again' },
    caDaysOption,
    serverDaysOption,
  ],
  examples: ['pki rotate-ca', 'pki rotate-ca --finish', 'pki rotate-ca --finish --force'],
  async run(context, _, flags) {
    const finish = flags.is('finish');
    const strays = finish ? ['san', 'ca-days', 'server-days'] : ['force'];
    const stray = strays.find((name) => flags.is(name));
    if (stray !== undefined) {
      throw new CliError(
        'usage',
        finish ? `--finish makes nothing, and takes no --${stray}` : '--force needs --finish',
      );
    }
    await withHostTrust(context, (trust) => (finish ? retire(context, trust, flags) : rotate(context, trust, flags)));
  },
};

/** A CA and a server certificate of it, and the statement by which machines come to them: in force at one instant. */
async function rotate(context: CommandContext, trust: HostTrust, flags: Flags): Promise<void> {
  const { home, note, warn } = context;
  const [{ generateCa, issueServerCertificate, serverNames }, { encodeTrustFile }, { MAX_AUTHORITIES }] =
    await Promise.all([
      import('../../../pki/index.js'),
      import('../../../identity/index.js'),
      import('../../../wire/index.js'),
    ]);
  const { tls } = await context.places();
  const { trustDomain, authorities, next: number } = trust;
  if (authorities.length >= MAX_AUTHORITIES) {
    throw new CliError('roll_over', `${authorities.length} CAs count already`, {
      hint: 'give up those before the present one first: vigocli pki rotate-ca --finish',
    });
  }
  const clock = systemClock;
  const days = readDays(flags, 'ca-days', CA_DAYS);
  const serverDays = readDays(flags, 'server-days', DEFAULT_SERVER_DAYS);
  const names = [...flags.texts('san'), ...serverNames(await readCertificate(tls.cert))];
  const ca = generateCa({ commonName: `Vigo CA ${trustDomain}`, trustDomain, days, clock });
  const server = issueServerCertificate({ ca, names, days: serverDays, clock });
  const successor = new X509Certificate(ca.certificatePem);
  const chain = await trust.announce({ authorities: [...authorities, successor].map(({ raw }) => raw) });
  // The chain first: where they don't lie in one folder, a crash leaves a CA that is announced and not there yet.
  const files = new Map<string, string | KeyObject>([
    [home.trust, encodeTrustFile(chain)],
    [tls.ca, ca.certificatePem],
    [tls.caKey, ca.key],
    [tls.cert, server.certificatePem],
    [tls.key, server.key],
  ]);
  const keyBefore = await realpath(tls.caKey).catch(() => undefined); // it may be lost
  await replaceCertificates(context, 'pki.ca_rotated', files, { number, ca: hashOf(successor) });
  note(`the CA has a successor, by statement ${number} of ${home.trust}`);
  // A link is replaced, and not what it led to.
  if (keyBefore !== undefined && keyBefore !== (await realpath(tls.caKey))) {
    warn(`the key of the CA before is still in ${keyBefore}: remove it`);
  } else note('the key of the one before is gone: it signs nothing any more');
  note(`the server certificate is good for ${server.names.join(', ')}`);
  await withdrawTokens(context);
  note('a vigosrv that runs takes both by itself; machines follow when they next check in, however late');
  note('next: vigocli pki show tells who has yet to follow, and vigocli pki rotate-ca --finish ends it');
}

/** They pin the CA before, which shows no certificate any more. */
async function withdrawTokens({ store, actor, note }: CommandContext): Promise<void> {
  const database = await store();
  const pending = (await database.listTokens()).filter(
    ({ use, revokedAtMs, expiresAtMs }) =>
      use === undefined && revokedAtMs === undefined && expiresAtMs > systemClock.nowMs(),
  );
  for (const { id: subject } of pending) {
    await database.revokeToken(subject, { action: 'token.revoked', actor, subject, outcome: 'done' });
  }
  if (pending.length === 0) return;
  const what = pending.length === 1 ? '1 unused enrollment token' : `${pending.length} unused enrollment tokens`;
  note(`${what} for the CA before: withdrawn; vigocli envoys token makes others`);
}

/** A statement that names the present CA alone. */
async function retire(context: CommandContext, trust: HostTrust, flags: Flags): Promise<void> {
  const { home, note } = context;
  const { encodeTrustFile } = await import('../../../identity/index.js');
  const { authorities, next: number } = trust;
  const present = authorities.at(-1);
  if (present === undefined || authorities.length === 1) {
    throw new CliError('roll_over', 'certificates of the present CA alone count already', {
      hint: 'vigocli pki rotate-ca replaces it',
    });
  }
  const late = (await findHolders(context))
    .filter(({ issuer }) => issuer !== hashOf(present))
    .map(({ hostName }) => hostName);
  if (late.length > 0 && !flags.is('force')) {
    const named = late.slice(0, NAMED).join(', ') + (late.length > NAMED ? ` and ${late.length - NAMED} more` : '');
    throw new CliError('roll_over', `${describe(late.length)} a good certificate of another CA: ${named}`, {
      hint: 'they follow within an hour after they next check in; --force refuses those certificates now, and these envoys come back by their Ed25519 keys',
    });
  }
  const chain = await trust.announce({ authorities: [present.raw] });
  const files = new Map([[home.trust, encodeTrustFile(chain)]]);
  await replaceCertificates(context, 'pki.ca_retired', files, { number, ca: hashOf(present), late: late.length });
  note(`certificates of the present CA alone count, by statement ${number} of ${home.trust}`);
  if (late.length > 0) note(`${describe(late.length)} another one: back by the Ed25519 key when next in contact`);
}

function describe(envoys: number): string {
  return envoys === 1 ? '1 envoy holds' : `${envoys} envoys hold`;
}
