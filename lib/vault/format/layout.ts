import { dirname, join, relative, resolve } from 'node:path';
import { isKeyName } from '../../base/index.js';
import { VaultError } from '../errors.js';

export interface VaultPlace {
  /** The folder of the ciphertexts. */
  secretsDir: string;
  /** The master key; `<secretsDir>/.master.key` unless given. */
  keyFile?: string | undefined;
  /** The server's own keys; the folder `keys` beside `secretsDir` unless given. */
  keysDir?: string | undefined;
}

/** Absolute paths. */
export interface VaultLayout {
  readonly secretsDir: string;
  readonly keyFile: string;
  readonly keysDir: string;
  readonly verifierFile: string;
  readonly sentinelFile: string;
  /** How many wrong passphrases were given in a row. */
  readonly failuresFile: string;
}

/**
 * Where everything of a vault lies.
 * @throws VaultError `misplaced` for a key file in a place that is a secret's
 */
export function vaultLayout(place: VaultPlace): VaultLayout {
  const secretsDir = resolve(place.secretsDir);
  const beside = dirname(secretsDir);
  const keyFile = resolve(place.keyFile ?? join(secretsDir, '.master.key'));
  if (isKeyName(relative(secretsDir, keyFile))) {
    throw new VaultError('misplaced', `the key file ${keyFile} lies where a secret would`, {
      hint: 'put it outside the secrets folder, or give it a name that begins with a dot',
    });
  }
  return {
    secretsDir,
    keyFile,
    keysDir: resolve(place.keysDir ?? join(beside, 'keys')),
    verifierFile: join(beside, 'secrets-verifier.json'),
    sentinelFile: join(beside, '.secrets-unlocked'),
    failuresFile: join(beside, '.secrets-failures'),
  };
}
