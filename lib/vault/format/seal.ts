import { concatBytes, toHex } from '../../base/index.js';
import { CryptoError } from '../../crypto/index.js';
import { VaultError } from '../errors.js';
import type { MasterKey, MasterKeys } from './master-key.js';
import { associatedData, encodeHeader, type VaultFile, type VaultFileHeader } from './vault-file.js';

/** Encrypts a value to the bytes of its file. */
export function sealFile(
  name: string,
  header: Omit<VaultFileHeader, 'keyId'>,
  value: Uint8Array,
  key: MasterKey,
): Uint8Array {
  const headerBytes = encodeHeader({ ...header, keyId: key.id });
  return concatBytes(headerBytes, key.cipher.seal(value, associatedData(headerBytes, name)));
}

/**
 * Decrypts a value. The caller wipes it.
 * @throws VaultError `unknown_key`; `forged` for every other reason
 */
export function openFile(name: string, file: VaultFile, keys: MasterKeys): Uint8Array {
  const { keyId } = file.header;
  const key = keys.find(keyId);
  if (key === undefined) {
    throw new VaultError('unknown_key', `${name} is encrypted under master key ${toHex(keyId)}, which isn't there`, {
      hint: 'put the right master key in its place, or name it with --key-file',
    });
  }
  try {
    return key.cipher.open(file.sealed, associatedData(file.headerBytes, name));
  } catch (cause) {
    if (!(cause instanceof CryptoError) || cause.code !== 'forged') throw cause;
    throw new VaultError('forged', `the file of ${name} was altered, cut short, or moved here from another key`, {
      cause,
      hint: 'restore it from a backup, or delete the secret and set it again',
    });
  }
}
