import { toHex } from '../../base/index.js';
import { VaultError } from '../errors.js';
import { readHeader } from './header.js';
import { filesBelow } from './key-tree.js';
import type { VaultLayout } from './layout.js';
import type { MasterKeys } from './master-key.js';

/**
 * Demands that the master key is the one of the files that are there, because under another one new secrets would get
 * mixed with old ones that it can't open. One file that it can open is enough.
 * @throws VaultError `unknown_key`
 */
export async function demandKnownKey(layout: VaultLayout, keys: MasterKeys): Promise<void> {
  let stranger: { path: string; keyId: Uint8Array } | undefined;
  for (const dir of [layout.secretsDir, layout.keysDir]) {
    for await (const path of filesBelow(dir)) {
      const header = readHeader(path);
      if (header === undefined) continue;
      if (keys.find(header.keyId) !== undefined) return;
      stranger ??= { path, keyId: header.keyId };
    }
  }
  if (stranger === undefined) return;
  const { path, keyId } = stranger;
  throw new VaultError(
    'unknown_key',
    `${layout.keyFile} is not the master key of this vault: ${path} is encrypted under ${toHex(keyId)}`,
    {
      hint: 'put the right master key in its place, or name it with --key-file',
    },
  );
}
