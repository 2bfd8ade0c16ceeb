import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { systemClock } from '../../../base/index.js';
import type { Command, Flags } from '../../command.js';
import { CliError } from '../../errors.js';

const CA_DAYS = 3650;
const SERVER_DAYS = 365;
const FILES = ['ca', 'ca_key', 'cert', 'key'] as const;

export const command: Command = {
  usage: 'secrets generate-certs',
  summary: 'Make a CA and a server certificate (ECDSA P-256, PEM)',
  options: [
    { name: 'tls-dir', value: 'path', summary: 'Where ca, ca_key, cert and key go (default: tls/ below VIGO_HOME)' },
    { name: 'san', value: 'name', repeatable: true, summary: 'A DNS name or IP of the server; may be given again' },
    { name: 'ca-days', value: 'days', summary: `How long the CA is valid (default ${CA_DAYS})` },
    {
      name: 'server-days',
      value: 'days',
      summary: `How long the server certificate is valid (default ${SERVER_DAYS})`,
    },
    { name: 'force', summary: 'Overwrite what is there; every enrolled machine then has to enroll again' },
  ],
  examples: ['secrets generate-certs --san vigo.example.org --san 192.0.2.7'],
  async run({ home, store, note }, _, flags) {
    const { generateCa, issueServerCertificate } = await import('../../../pki/index.js');
    const { ensureDir, writeFileAtomic } = await import('../../../files/index.js');
    const dir = resolve(flags.text('tls-dir') ?? home.tls);
    const there = FILES.find((file) => existsSync(join(dir, file)));
    if (there !== undefined && !flags.is('force')) throw exists(join(dir, there));

    const database = await store();
    const trustDomain = await database.trustDomain();
    const clock = systemClock;
    const ca = generateCa({
      commonName: `Vigo CA ${trustDomain}`,
      trustDomain,
      days: days(flags, 'ca-days', CA_DAYS),
      clock,
    });
    const server = issueServerCertificate({
      ca,
      names: flags.texts('san'),
      days: days(flags, 'server-days', SERVER_DAYS),
      clock,
    });

    const entry = { action: 'pki.certificates_generated', actor: 'vigocli', subject: dir } as const;
    await database.appendAudit({ ...entry, outcome: 'intent' });
    await ensureDir(dir, 0o700);
    const contents = { ca: ca.certificatePem, ca_key: ca.keyPem, cert: server.certificatePem, key: server.keyPem };
    for (const file of FILES) await writeFileAtomic(join(dir, file), Buffer.from(contents[file]), { mode: 0o600 });
    await database.appendAudit({ ...entry, outcome: 'done' });
    note(`${dir}: ${FILES.join(', ')} (0600)`);
    note(`the server certificate is good for ${server.names.join(', ')}`);
    note(there === undefined ? 'next: vigosrv' : 'next: restart vigosrv, and enroll every machine again');
  },
};

function exists(path: string): CliError {
  return new CliError('exists', `${path} exists already`, {
    hint: '--force overwrites all four; every enrolled machine then has to enroll again',
  });
}

function days(flags: Flags, name: string, fallback: number): number {
  const text = flags.text(name);
  if (text === undefined) return fallback;
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new CliError('usage', `--${name} ${JSON.stringify(text)} is not a number of days`);
}
