import { hostname } from 'node:os';
import type { Clock } from '../base/index.js';
import { openAuthority } from './authority.js';
import { commonName, daysMs, type KeyedCertificate, signCertificate, validity } from './certificate.js';
import { PkiError } from './errors.js';
import { leafExtensions } from './extensions.js';
import { generateKeyPair } from './keys.js';
import { readCertificate } from './read-certificate.js';
import { type AltName, parseAltName } from './subject-alt-name.js';

export interface ServerCertificateRequest {
  readonly ca: KeyedCertificate;
  /** DNS names and IP addresses beside `localhost`, `127.0.0.1`, `::1` and the host's own name, which are always there. */
  readonly names: readonly string[];
  readonly days: number;
  readonly clock: Clock;
  /** The name of this host, unless it is what the system says. */
  readonly hostName?: string | undefined;
}

export interface ServerCertificate extends KeyedCertificate {
  /** All subject alternative names. A host name that no certificate can hold, like `my_host`, is missing here. */
  readonly names: readonly string[];
}

/**
 * A new P-256 key and a certificate over it, good for serverAuth alone and never for longer than the CA's.
 * @throws PkiError `bad_name` for a name that is neither DNS name nor address, `bad_lifetime`, and what `ca` may lack:
 * `bad_certificate`, `bad_key`, `not_a_ca`, `key_mismatch`, `expired`
 */
export function issueServerCertificate(request: ServerCertificateRequest): ServerCertificate {
  const authority = openAuthority(request.ca, request.clock);
  const names = altNames(request.names, request.hostName ?? hostname());
  const { publicKey, privateKey } = generateKeyPair();
  const { certificatePem } = signCertificate(
    {
      issuer: authority.name,
      subject: commonName('Vigo server'),
      validity: validity(request.clock, daysMs(request.days), authority.notAfterMs),
      publicKey,
      extensions: leafExtensions('serverAuth', {
        publicKey,
        authorityKeyId: authority.keyId,
        names: [...names.values()],
      }),
    },
    authority.key,
  );
  return { certificatePem, key: privateKey, names: [...names.keys()] };
}

/** What a server certificate is good for: its DNS names and addresses, in their canonical spelling. @throws PkiError `bad_certificate` */
export function serverNames(certificatePem: string): string[] {
  const { subjectAltName = '' } = readCertificate(certificatePem);
  // As Node says it: `DNS:localhost, IP Address:127.0.0.1`.
  return subjectAltName.split(', ').flatMap((name) => {
    const [, value] = /^(?:DNS|IP Address):(.+)$/.exec(name) ?? [];
    return value === undefined ? [] : [parseAltName(value).value];
  });
}

/** Each name once, by its canonical spelling. */
function altNames(asked: readonly string[], hostName: string): Map<string, AltName> {
  const always = [...ownName(hostName), ...['localhost', '127.0.0.1', '::1'].map(parseAltName)];
  return new Map([...asked.map(parseAltName), ...always].map((name) => [name.value, name]));
}

function ownName(hostName: string): AltName[] {
  try {
    return [parseAltName(hostName)];
  } catch (error) {
    if (error instanceof PkiError) return [];
    throw error;
  }
}
