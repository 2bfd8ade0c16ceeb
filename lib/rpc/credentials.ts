import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls';
import { RpcError } from './errors.js';

export interface Credentials {
  readonly caPem: string;
  readonly certificatePem: string;
  readonly keyPem: string;
}

/**
 * What both sides of a connection show and trust.
 * @throws RpcError `bad_credentials`
 */
export function tlsContext({ caPem, certificatePem, keyPem }: Credentials): {
  options: SecureContextOptions;
  context: SecureContext;
} {
  const options = { ca: caPem, cert: certificatePem, key: keyPem, minVersion: 'TLSv1.3' } as const;
  try {
    // Node takes an empty `ca` for "every public CA of the world", and an empty key for none.
    new X509Certificate(caPem);
    if (new X509Certificate(certificatePem).checkPrivateKey(createPrivateKey(keyPem))) {
      return { options, context: createSecureContext(options) };
    }
  } catch (cause) {
    throw new RpcError('bad_credentials', "the CA, the certificate or its key can't be used for TLS", { cause });
  }
  throw new RpcError('bad_credentials', 'the private key does not belong to the certificate');
}
