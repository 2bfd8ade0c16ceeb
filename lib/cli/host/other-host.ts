import { hostname } from 'node:os';
import { BaseError, parseHostName } from '../../base/index.js';

/** What to do about it. */
export const RENEW_FOR_THIS_HOST = 'vigocli pki renew-server adds its name; --san <name> adds another one';

const EVERYWHERE = ['localhost', '127.0.0.1', '::1'];

/**
 * Says which hosts a server's certificate names where this one isn't among them: machines that reach it by its name
 * refuse it. Returns undefined where it is, and where a certificate can't hold the name of this host.
 * @throws PkiError `bad_certificate`
 */
export async function namesOtherHost(certificatePem: string, host: string = hostname()): Promise<string | undefined> {
  const { serverNames } = await import('../../pki/index.js');
  const names = serverNames(certificatePem);
  const own = hostNameOf(host);
  if (own === undefined || names.includes(own)) return undefined;
  const others = names.filter((name) => !EVERYWHERE.includes(name));
  return `the server's certificate names ${others.join(', ') || 'localhost alone'}, and not this host, ${own}`;
}

function hostNameOf(text: string): string | undefined {
  try {
    return parseHostName(text);
  } catch (cause) {
    if (cause instanceof BaseError) return undefined;
    throw cause;
  }
}
