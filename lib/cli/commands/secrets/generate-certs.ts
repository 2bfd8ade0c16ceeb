import type { KeyObject } from 'node:crypto';
import { existsSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { systemClock } from '../../../base/index.js';
import type { TlsPlaces } from '../../../settings/index.js';
import type { Command } from '../../console/command.js';
import type { Flags } from '../../console/flags.js';
import { CliError } from '../../errors.js';
import {
  CA_DAYS,
  caDaysOption,
  DEFAULT_SERVER_DAYS,
  readDays,
  replaceCertificates,
  sanOption,
  serverDaysOption,
  tlsDirOption,
  withPkiLock,
} from '../../host/certificates.js';

export const command: Command = {
  usage: 'secrets generate-certs',
  summary: 'Make a CA and a server certificate (ECDSA P-256, PEM)',
  options: [
    {
      ...tlsDirOption,
      summary: 'Where ca, ca_key, cert and key go (default: as in server.yaml, else tls/ below VIGO_HOME)',
    },
    sanOption,
    caDaysOption,
    serverDaysOption,
    {
      name: 'force',
      summary: 'Overwrite what is there; every machine then has to enroll again, which pki rotate-ca avoids',
    },
  ],
  examples: ['secrets generate-certs --san vigo.example.org --san 192.0.2.7'],
  async run(context, _, flags) {
    const { store, note } = context;
    const { generateCa, issueServerCertificate } = await import('../../../pki/index.js');
    const { tls } = await context.places();
    const there = findThere(tls, flags);

    const trustDomain = await (await store()).trustDomain();
    const clock = systemClock;
    const days = readDays(flags, 'ca-days', CA_DAYS);
    const serverDays = readDays(flags, 'server-days', DEFAULT_SERVER_DAYS);
    const ca = generateCa({ commonName: `Vigo CA ${trustDomain}`, trustDomain, days, clock });
    const server = issueServerCertificate({ ca, names: flags.texts('san'), days: serverDays, clock });
    const files = new Map<string, string | KeyObject>([
      [tls.ca, ca.certificatePem],
      [tls.caKey, ca.key],
      [tls.cert, server.certificatePem],
      [tls.key, server.key],
    ]);
    await withPkiLock(context, async () => {
      findThere(tls, flags); // another command may have made them meanwhile
      await replaceCertificates(context, 'pki.certificates_generated', files);
    });
    for (const folder of new Set([...files.keys()].map((path) => dirname(path)))) {
      const names = [...files.keys()].filter((path) => dirname(path) === folder).map((path) => basename(path));
      note(`${folder}: ${names.join(', ')} (0600)`);
    }
    note(`the server certificate is good for ${server.names.join(', ')}`);
    note(
      there === undefined
        ? 'next: vigosrv'
        : 'next: enroll every machine again; a vigosrv that runs takes the new certificates by itself',
    );
  },
};

/** @throws CliError `exists` for what is there and must not be overwritten */
function findThere(tls: TlsPlaces, flags: Flags): string | undefined {
  const there = Object.values(tls).find((path) => existsSync(path));
  if (there === undefined || flags.is('force')) return there;
  throw new CliError('exists', `${there} exists already`, {
    hint: 'vigocli pki rotate-ca replaces them, and machines follow; --force overwrites all four, and every machine has to enroll again',
  });
}
