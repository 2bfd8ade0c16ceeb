import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { systemClock } from '../../../base/index.js';
import {
  DEFAULT_SERVER_DAYS,
  readDays,
  replaceCertificates,
  sanOption,
  serverDaysOption,
  tlsDir,
  tlsDirOption,
  withPkiLock,
} from '../../certificates.js';
import type { Command, Flags } from '../../command.js';
import { CliError } from '../../errors.js';

const CA_DAYS = 3650;
const FILES = ['ca', 'ca_key', 'cert', 'key'] as const;

export const command: Command = {
  usage: 'secrets generate-certs',
  summary: 'Make a CA and a server certificate (ECDSA P-256, PEM)',
  options: [
    { ...tlsDirOption, summary: 'Where ca, ca_key, cert and key go (default: tls/ below VIGO_HOME)' },
    sanOption,
    { name: 'ca-days', value: 'days', summary: `How long the CA is valid (default ${CA_DAYS})` },
    serverDaysOption,
    { name: 'force', summary: 'Overwrite what is there; every enrolled machine then has to enroll again' },
  ],
  examples: ['secrets generate-certs --san vigo.example.org --san 192.0.2.7'],
  async run(context, _, flags) {
    const { store, note } = context;
    const { generateCa, issueServerCertificate } = await import('../../../pki/index.js');
    const dir = tlsDir(context, flags);
    const there = findThere(dir, flags);

    const trustDomain = await (await store()).trustDomain();
    const clock = systemClock;
    const days = readDays(flags, 'ca-days', CA_DAYS);
    const serverDays = readDays(flags, 'server-days', DEFAULT_SERVER_DAYS);
    const ca = generateCa({ commonName: `Vigo CA ${trustDomain}`, trustDomain, days, clock });
    const server = issueServerCertificate({ ca, names: flags.texts('san'), days: serverDays, clock });
    await withPkiLock(context, async () => {
      findThere(dir, flags); // another command may have made them meanwhile
      await replaceCertificates(context, 'pki.certificates_generated', dir, {
        ca: ca.certificatePem,
        ca_key: ca.keyPem,
        cert: server.certificatePem,
        key: server.keyPem,
      });
    });
    note(`${dir}: ${FILES.join(', ')} (0600)`);
    note(`the server certificate is good for ${server.names.join(', ')}`);
    note(
      there === undefined
        ? 'next: vigosrv'
        : 'next: enroll every machine again; a vigosrv that runs takes the new certificates by itself',
    );
  },
};

/** @throws CliError `exists` for what is there and must not be overwritten */
function findThere(dir: string, flags: Flags): string | undefined {
  const there = FILES.find((file) => existsSync(join(dir, file)));
  if (there === undefined || flags.is('force')) return there;
  throw new CliError('exists', `${join(dir, there)} exists already`, {
    hint: '--force overwrites all four; every enrolled machine then has to enroll again',
  });
}
