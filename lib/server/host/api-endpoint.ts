import type { AddressInfo } from 'node:net';
import { equalBytes, toBase64Url, utf8 } from '../../base/index.js';
import { randomBytes } from '../../crypto/index.js';
import { FilesError, readFileLimited, removeFile, writeFileAtomic } from '../../files/index.js';

const TOKEN_BYTES = 32;
/** More than an address with a CA certificate ever has. */
const MAX_FILE_BYTES = 65_536;

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
 * @returns what removes them, unless another server has written them since
 */
export async function announceApi(
  paths: { apiEndpoint: string; localAdminToken: string },
  { address, caPem, token }: ApiEndpoint,
): Promise<() => Promise<void>> {
  const url = `https://${reachableHost(address)}:${address.port}`;
  const files = [
    { path: paths.apiEndpoint, content: utf8(JSON.stringify({ url, ca: caPem })) },
    { path: paths.localAdminToken, content: utf8(`${token}\n`) },
  ];
  for (const { path, content } of files) await writeFileAtomic(path, content, { mode: 0o600 });
  return async () => {
    for (const { path, content } of files.toReversed()) if (await holds(path, content)) await removeFile(path);
  };
}

async function holds(path: string, content: Uint8Array): Promise<boolean> {
  const found = await readFileLimited(path, MAX_FILE_BYTES).catch((cause) => {
    if (cause instanceof FilesError && cause.code === 'not_found') return undefined;
    throw cause;
  });
  return found !== undefined && equalBytes(found, content);
}

function reachableHost({ address, family }: AddressInfo): string {
  if (address === '0.0.0.0') return '127.0.0.1';
  if (address === '::') return '[::1]';
  return family === 'IPv6' ? `[${address}]` : address;
}
