import { FilesError, readFileLimited } from '../files/index.js';
import type { KeyedCertificate } from '../pki/index.js';
import { ServerError } from './errors.js';
import type { Settings } from './settings.js';

const MAX_PEM_BYTES = 64 * 1024;

export interface TlsFiles {
  readonly ca: KeyedCertificate;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** @throws ServerError `missing_file`, naming the one that is missing. */
export async function readTlsFiles(paths: Settings['tls']): Promise<TlsFiles> {
  const [ca, caKey, cert, key] = await Promise.all([
    readPem('CA certificate', paths.ca),
    readPem("CA's key", paths.caKey),
    readPem("server's certificate", paths.cert),
    readPem("server's key", paths.key),
  ]);
  return { ca: { certificatePem: ca, keyPem: caKey }, certificatePem: cert, keyPem: key };
}

async function readPem(what: string, path: string): Promise<string> {
  try {
    return Buffer.from(await readFileLimited(path, MAX_PEM_BYTES)).toString('latin1');
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    throw new ServerError('missing_file', `can't read the ${what}: ${cause.message}`, {
      hint: 'vigocli secrets generate-certs makes the CA and the server certificate',
      cause,
    });
  }
}
