import type { AddressInfo } from 'node:net';
import { toBase64Url } from '../base/index.js';
import { randomBytes } from '../crypto/index.js';
import { removeFile, writeFileAtomic } from '../files/index.js';

const TOKEN_BYTES = 32;

/** The local administrator's token: 256 random bits, good for the life of one server process (P2, P4). */
export function mintLocalAdminToken(): string {
  return `vgot_${toBase64Url(randomBytes(TOKEN_BYTES))}`;
}

export interface ApiEndpoint {
  readonly address: AddressInfo;
  readonly caPem: string;
  readonly token: string;
}

/**
 * Tells programs on this host where the API is and how to prove that they may use it: whoever can read these files is
 * the server's own user, or root.
 * @returns what takes them away again
 */
export async function announceApi(
  paths: { apiEndpoint: string; localAdminToken: string },
  { address, caPem, token }: ApiEndpoint,
): Promise<() => Promise<void>> {
  const url = `https://${reachableHost(address)}:${address.port}`;
  await writeFileAtomic(paths.apiEndpoint, Buffer.from(JSON.stringify({ url, ca: caPem })), { mode: 0o600 });
  await writeFileAtomic(paths.localAdminToken, Buffer.from(`${token}\n`), { mode: 0o600 });
  return async () => {
    await removeFile(paths.localAdminToken);
    await removeFile(paths.apiEndpoint);
  };
}

function reachableHost({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return family === 'IPv6' ? `[${address}]` : address;
}
