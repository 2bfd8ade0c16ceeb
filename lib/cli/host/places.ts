import { join, resolve } from 'node:path';
import type { HomePaths } from '../../base/index.js';
import { type PlaceField, type Places, placesIn, type WrittenSettings } from '../../settings/index.js';
import type { Flags } from '../console/flags.js';

const TLS = 'server.tls.';

/** Where this host's files lie: where a flag says, else `server.yaml`, as for the server, else in the home. */
export function hostPlaces(home: HomePaths, flags: Flags, settings: WrittenSettings | undefined): Places {
  const named = (flag: string): string | undefined => {
    const path = flags.text(flag);
    return path === undefined ? undefined : resolve(path);
  };
  const written = (field: PlaceField) => settings?.place(field);
  const [secretsDir, keyFile, tlsDir] = [named('secrets-dir'), named('key-file'), named('tls-dir')];
  const isAnotherVault = secretsDir !== undefined && secretsDir !== (written('secrets.secrets_dir') ?? home.secrets);
  return placesIn(home, (field) => {
    if (field === 'secrets.secrets_dir') return secretsDir ?? written(field);
    // The key that is written opens the vault that is written.
    if (field === 'secrets.key_file') return keyFile ?? (isAnotherVault ? undefined : written(field));
    if (field.startsWith(TLS) && tlsDir !== undefined) return join(tlsDir, field.slice(TLS.length));
    return written(field);
  });
}
