import { isIPv6 } from 'node:net';
import { BaseError } from '../errors.js';

export interface HostPort {
  /** Without brackets; empty for every address of the machine. */
  readonly host: string;
  readonly port: number;
}

const BRACKETED = /^\[([^\]]*)\]:([0-9]{1,5})$/;
const PLAIN = /^([A-Za-z0-9._-]*):([0-9]{1,5})$/;

/**
 * Reads `host:port`, `[::1]:port` or `:port`.
 * @throws BaseError `bad_address`
 */
export function parseHostPort(text: string): HostPort {
  const bracketed = BRACKETED.exec(text);
  const [, host, digits] = bracketed ?? PLAIN.exec(text) ?? [];
  const port = Number(digits);
  if (host === undefined || !(port <= 65_535) || (bracketed !== null && !isIPv6(host))) {
    throw new BaseError('bad_address', `${JSON.stringify(text.slice(0, 260))} is not an address`, {
      hint: 'like vigo.example.org:1530, 0.0.0.0:1530 or [::1]:1530',
    });
  }
  return { host, port };
}

export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`;
}
