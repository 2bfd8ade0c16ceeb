import { isIP, isIPv4 } from 'node:net';
import { BaseError, parseHostName, utf8 } from '../base/index.js';
import { type Der, implicit } from './der.js';
import { PkiError } from './errors.js';

/** One subject alternative name (RFC 5280 section 4.2.1.6), in its canonical spelling. */
export interface AltName {
  readonly type: 'dns' | 'ip' | 'uri';
  readonly value: string;
}

/**
 * Reads what an operator wrote: a DNS name or an IP address.
 * @throws PkiError `bad_name`; a wildcard, a port, a zone or a mistyped address is none.
 */
export function parseAltName(text: string): AltName {
  if (isIPv4(text)) return { type: 'ip', value: text };
  if (isIP(text) === 6 && !text.includes('%')) return { type: 'ip', value: canonicalIpv6(text) };
  try {
    const name = parseHostName(text);
    // 10.0.0.256 is an address with a slip of the finger: no top-level domain is a number (RFC 3696 section 2).
    if (!/(^|\.)[0-9]+$/.test(name)) return { type: 'dns', value: name };
  } catch (error) {
    if (!(error instanceof BaseError)) throw error;
  }
  throw new PkiError('bad_name', `${JSON.stringify(text.slice(0, 260))} is neither a DNS name nor an IP address`, {
    hint: 'like vigo.example.org, 192.0.2.1 or 2001:db8::1',
  });
}

/** The GeneralName: dNSName [2], uniformResourceIdentifier [6] or iPAddress [7] as 4 or 16 octets. */
export function generalName({ type, value }: AltName): Der {
  switch (type) {
    case 'dns':
      return implicit(2, utf8(value));
    case 'uri':
      return implicit(6, utf8(value));
    case 'ip':
      return implicit(7, ipOctets(value));
  }
}

function ipOctets(address: string): Uint8Array {
  if (isIPv4(address)) return Uint8Array.from(address.split('.'), Number);
  const [left = [], right = []] = address.split('::').map((half) => half.split(':').filter((group) => group !== ''));
  const groups = [...left, ...Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return Uint8Array.from(Buffer.from(groups.map((group) => group.padStart(4, '0')).join(''), 'hex'));
}

/** RFC 5952, which also turns a dotted tail into groups. */
function canonicalIpv6(address: string): string {
  return new URL(`http://[${address}]`).hostname.slice(1, -1);
}
