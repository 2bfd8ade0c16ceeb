import { X509Certificate } from 'node:crypto';
import { equalBytes, fromHex } from '../base/index.js';
import { IdentityError } from './errors.js';

/**
 * The CA certificate that a token pins, out of what a server that nobody trusts yet has sent.
 * @param pem untrusted.
 * @param caHash 32 bytes, from the token.
 * @returns PEM, made anew from what was hashed, so that a second certificate riding along is trusted by nobody.
 * @throws IdentityError `wrong_ca`
 */
export function pinnedCertificate(pem: string, caHash: Uint8Array): string {
  const certificate = read(pem);
  const hash = fromHex(certificate.fingerprint256.replaceAll(':', '').toLowerCase());
  if (!equalBytes(hash, caHash)) throw wrongCa('the server has another CA than the token was made for');
  return certificate.toString();
}

function read(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch (cause) {
    throw wrongCa('the server sent no CA certificate', cause);
  }
}

function wrongCa(problem: string, cause?: unknown): IdentityError {
  return new IdentityError('wrong_ca', problem, {
    hint: "check the server's address: if it is right, somebody stands in between, or the CA was replaced after the token was made",
    cause,
  });
}
