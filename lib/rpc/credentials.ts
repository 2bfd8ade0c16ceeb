import { type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { privateKeyPem, tlsOptions } from '../base/index.js';
import { wipe } from '../crypto/index.js';
import { RpcError } from './errors.js';

export interface Credentials {
  /** One CA certificate or several. */
  readonly caPem: string;
  readonly certificatePem: string;
  readonly key: KeyObject;
}

/** What a client shows and trusts. @throws RpcError `bad_credentials` */
export function tlsContext(credentials: Credentials): SecureContext {
  return withTlsOptions(credentials, createSecureContext);
}

/**
 * Lends `use` what both sides of a connection show and trust. Node takes a key as PEM alone: as bytes, which are wiped
 * when `use` returns.
 * @throws RpcError `bad_credentials`
 */
export function withTlsOptions<T>(credentials: Credentials, use: (options: SecureContextOptions) => T): T {
  const { caPem, certificatePem } = credentials;
  demandUsable(credentials);
  const key = Buffer.from(privateKeyPem(credentials.key).buffer);
  try {
    return use({ ca: caPem, cert: certificatePem, key, ...tlsOptions });
  } finally {
    wipe(key);
  }
}

function demandUsable({ caPem, certificatePem, key }: Credentials): void {
  try {
    // Node takes an empty `ca` for "every public CA of the world".
    new X509Certificate(caPem);
    if (new X509Certificate(certificatePem).checkPrivateKey(key)) return;
  } catch (cause) {
    throw new RpcError('bad_credentials', "the CA, the certificate or its key can't be used for TLS", { cause });
  }
  throw new RpcError('bad_credentials', 'the private key does not belong to the certificate');
}
