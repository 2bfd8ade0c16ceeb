import type { KeyObject } from 'node:crypto';
import { systemClock } from '../../../base/index.js';
import type { Command } from '../../console/command.js';
import { formatTime } from '../../console/table.js';
import {
  DEFAULT_SERVER_DAYS,
  readCertificate,
  readDays,
  readKeyed,
  replaceCertificates,
  sanOption,
  serverDaysOption,
  tlsDirOption,
  withPkiLock,
} from '../../host/certificates.js';

export const command: Command = {
  usage: 'pki renew-server',
  summary: 'Make a new server certificate of the same CA; a server that runs takes it by itself',
  options: [
    tlsDirOption,
    { ...sanOption, summary: 'A DNS name or IP beside those of the present certificate; may be given again' },
    serverDaysOption,
  ],
  examples: ['pki renew-server', 'pki renew-server --san vigo.example.org'],
  async run(context, _, flags) {
    const { certificateValidity, issueServerCertificate, serverNames } = await import('../../../pki/index.js');
    const { tls } = await context.places();
    const days = readDays(flags, 'server-days', DEFAULT_SERVER_DAYS);
    const server = await withPkiLock(context, async () => {
      const ca = await readKeyed(tls.ca, tls.caKey);
      const names = [...flags.texts('san'), ...serverNames(await readCertificate(tls.cert))];
      const renewed = issueServerCertificate({ ca, names, days, clock: systemClock });
      const files = new Map<string, string | KeyObject>([
        [tls.cert, renewed.certificatePem],
        [tls.key, renewed.key],
      ]);
      await replaceCertificates(context, 'pki.server_renewed', files);
      return renewed;
    });
    context.note(`the server certificate is good for ${server.names.join(', ')}`);
    context.note(`until ${formatTime(certificateValidity(server.certificatePem).notAfterMs)}`);
  },
};
