import type { KeyObject, X509Certificate } from 'node:crypto';
import { basename, dirname, join } from 'node:path';
import { type HomePaths, type Json, privateKeyPem, utf8 } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import {
  acquireProcessLock,
  ensureDir,
  FilesError,
  type ProcessLock,
  readReplaced,
  removeUnfinished,
  replaceTogether,
} from '../../files/index.js';
import type { KeyedCertificate } from '../../pki/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import { CliError } from '../errors.js';
import type { CommandContext } from './context.js';

const MAX_PEM_BYTES = 64 * 1024;

export const CA_DAYS = 3650;
export const DEFAULT_SERVER_DAYS = 365;

export const tlsDirOption: CommandOption = {
  name: 'tls-dir',
  value: 'path',
  summary: 'Where ca, ca_key, cert and key lie (default: as in server.yaml, else tls/ below VIGO_HOME)',
};

export const sanOption: CommandOption = {
  name: 'san',
  value: 'name',
  repeatable: true,
  summary: 'A DNS name or IP of the server; may be given again',
};

export const serverDaysOption: CommandOption = {
  name: 'server-days',
  value: 'days',
  summary: `How long the server certificate is valid (default ${DEFAULT_SERVER_DAYS})`,
};

export const caDaysOption: CommandOption = {
  name: 'ca-days',
  value: 'days',
  summary: `How long the CA is valid (default ${CA_DAYS})`,
};

/** @throws CliError `usage` */
export function readDays(flags: Flags, name: string, fallback: number): number {
  const text = flags.text(name);
  if (text === undefined) return fallback;
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new CliError('usage', `--${name} ${JSON.stringify(text)} is not a number of days`);
}

/** PEM, also while it is being replaced. @throws FilesError */
export async function readCertificate(path: string): Promise<string> {
  const bytes = await readReplaced(path, MAX_PEM_BYTES, { followLink: true }).catch((cause) => {
    if (!(cause instanceof FilesError && cause.code === 'not_found')) throw cause;
    const hint = 'vigocli secrets generate-certs makes the CA and the server certificate';
    throw new FilesError('not_found', path, cause.message, { cause, hint });
  });
  return Buffer.from(bytes).toString('latin1');
}

/** @throws FilesError, PkiError `bad_key` */
export async function readKey(path: string): Promise<KeyObject> {
  const { readPrivateKey } = await import('../../pki/index.js');
  const pem = await readReplaced(path, MAX_PEM_BYTES, { followLink: true });
  try {
    return readPrivateKey(pem);
  } finally {
    wipe(pem);
  }
}

/** A certificate and its key. @throws FilesError, PkiError `bad_key` */
export async function readKeyed(certificate: string, key: string): Promise<KeyedCertificate> {
  return { certificatePem: await readCertificate(certificate), key: await readKey(key) };
}

/** SHA-256 of a certificate's DER, as the database and the log name it: lower-case hexadecimal. */
export function hashOf({ fingerprint256 }: X509Certificate): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

/** Keeps everybody else from changing what belongs to certificates and keys. @throws FilesError `held` */
export async function acquirePkiLock({ run }: HomePaths): Promise<ProcessLock> {
  await ensureDir(run, 0o700);
  return acquireProcessLock(join(run, 'pki.lock'));
}

/**
 * Lets one command at a time change what belongs to certificates. What a crash left half written goes first: it may be
 * a private key. @throws FilesError `held`
 */
export async function withPkiLock<T>({ home, places }: CommandContext, work: () => Promise<T>): Promise<T> {
  const { tls } = await places();
  const lock = await acquirePkiLock(home);
  try {
    for (const folder of new Set([home.trust, ...Object.values(tls)].map(dirname))) await removeUnfinished(folder);
    return await work();
  } finally {
    await lock.release();
  }
}

/**
 * Replaces files, those of one folder together and the folders one after the other, with the intent recorded before and
 * the outcome after (A1).
 * @param files texts and private keys by their path
 */
export async function replaceCertificates(
  { store, actor }: CommandContext,
  action: string,
  files: ReadonlyMap<string, string | KeyObject>,
  detail?: Readonly<Record<string, Json>>,
): Promise<void> {
  const folders = [...new Set([...files.keys()].map((path) => dirname(path)))];
  const database = await store();
  const entry = { action, actor, subject: folders.join(', '), ...(detail && { detail }) } as const;
  await database.appendAudit({ ...entry, outcome: 'intent' });
  for (const folder of folders) {
    const here = [...files].filter(([path]) => dirname(path) === folder);
    const bytes = here.map(
      ([path, file]) => [basename(path), typeof file === 'string' ? utf8(file) : privateKeyPem(file)] as const,
    );
    await ensureDir(folder, 0o700);
    try {
      await replaceTogether(folder, Object.fromEntries(bytes));
    } finally {
      wipe(...bytes.map(([, pem]) => pem));
    }
  }
  await database.appendAudit({ ...entry, outcome: 'done' });
}
