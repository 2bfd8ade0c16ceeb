import { type KeyObject, X509Certificate } from 'node:crypto';
import { type ErrorDetails, VigoError } from '../../base/index.js';
import { wipe } from '../../crypto/index.js';
import { FilesError, readReplaced } from '../../files/index.js';
import { authoritiesOf, readTrustFile } from '../../identity/index.js';
import { assertCa, assertIssuedBy, assertKeyMatches, type KeyedCertificate, readPrivateKey } from '../../pki/index.js';
import type { Settings } from '../../settings/index.js';
import { authorityPem } from '../../wire/index.js';
import { ServerError } from '../errors.js';

const MAX_PEM_BYTES = 64 * 1024;
const MAX_TRIES = 3;
const HINT = 'vigocli secrets generate-certs makes the CA and the server certificate';

/** Where they lie, and the chain of trust. */
export type TlsPaths = Settings['tls'] & { readonly trust: string };

export interface TlsFiles {
  /** Signs what is issued from now on. */
  readonly ca: KeyedCertificate;
  /** The CAs whose certificates count; that one is the last of them. PEM. */
  readonly authorities: readonly string[];
  /** How many statements the chain of trust has that says so. */
  readonly trustNumber: number;
  readonly certificatePem: string;
  readonly key: KeyObject;
}

/**
 * Reads the four files and checks that they belong together, so that none of another generation is ever used.
 * @throws ServerError `missing_file`, `bad_certificate`, naming the file; WireError for a damaged chain
 */
export async function readTlsFiles(paths: TlsPaths): Promise<TlsFiles> {
  for (let tries = 1; ; tries++) {
    try {
      return await readOnce(paths);
    } catch (error) {
      // They may have been replaced between two looks.
      if (tries === MAX_TRIES || !(error instanceof ServerError)) throw error;
    }
  }
}

async function readOnce(paths: TlsPaths): Promise<TlsFiles> {
  const ca = await readCertificate('CA certificate', paths.ca);
  const caKey = await readKey("CA's key", paths.caKey);
  const cert = await readCertificate("server's certificate", paths.cert);
  const key = await readKey("server's key", paths.key);
  check(`the CA certificate ${paths.ca}`, () => assertCa(ca));
  check(`the CA's key ${paths.caKey}`, () => assertKeyMatches(ca, caKey));
  check(`the server's key ${paths.key} with its certificate ${paths.cert}`, () => assertKeyMatches(cert, key));
  // Agents trust nothing but the CA that their token pins: another one's certificate would lock all of them out.
  check(`the server's certificate ${paths.cert} with the CA ${paths.ca}`, () => assertIssuedBy(ca, cert));
  // After the CA: a chain is never older than the CA that it leads to.
  const chain = await readTrustFile(paths.trust);
  return {
    ca: { certificatePem: ca, key: caKey },
    authorities: authoritiesOf(chain, new X509Certificate(ca).raw).map(authorityPem),
    trustNumber: chain.length,
    certificatePem: cert,
    key,
  };
}

async function readCertificate(what: string, path: string): Promise<string> {
  return Buffer.from(await readPem(what, path)).toString('latin1');
}

async function readKey(what: string, path: string): Promise<KeyObject> {
  const pem = await readPem(what, path);
  try {
    return check(`the ${what} ${path}`, () => readPrivateKey(pem));
  } finally {
    wipe(pem);
  }
}

async function readPem(what: string, path: string): Promise<Uint8Array> {
  try {
    return await readReplaced(path, MAX_PEM_BYTES, { followLink: true });
  } catch (cause) {
    if (!(cause instanceof FilesError)) throw cause;
    throw new ServerError('missing_file', `can't read the ${what}: ${cause.message}`, { hint: HINT, cause });
  }
}

function check<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    throw unusable(`${what} can't be used: ${cause.message}`, { cause });
  }
}

function unusable(message: string, details: ErrorDetails): ServerError {
  return new ServerError('bad_certificate', message, { hint: HINT, ...details });
}
