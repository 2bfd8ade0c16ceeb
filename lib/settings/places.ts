import { join } from 'node:path';
import type { HomePaths } from '../base/index.js';

/** A field of `server.yaml` that says where a file or folder lies. */
export type PlaceField =
  | 'secrets.secrets_dir'
  | 'secrets.key_file'
  | 'database.dsn'
  | 'server.tls.ca'
  | 'server.tls.ca_key'
  | 'server.tls.cert'
  | 'server.tls.key';

export interface TlsPlaces {
  readonly ca: string;
  readonly caKey: string;
  readonly cert: string;
  readonly key: string;
}

/** Where the files lie that a server and the command line on its host share. Absolute paths. */
export interface Places {
  readonly secretsDir: string;
  readonly keyFile: string;
  readonly databasePath: string;
  readonly tls: TlsPlaces;
}

/**
 * What is named, and the default in the home for everything else.
 * @param named asked for database and certificates when these are: what it throws concerns nobody else
 */
export function placesIn(home: HomePaths, named: (field: PlaceField) => string | undefined): Places {
  const secretsDir = named('secrets.secrets_dir') ?? home.secrets;
  return {
    secretsDir,
    keyFile: named('secrets.key_file') ?? join(secretsDir, '.master.key'),
    get databasePath() {
      return named('database.dsn') ?? home.database;
    },
    get tls() {
      return {
        ca: named('server.tls.ca') ?? join(home.tls, 'ca'),
        caKey: named('server.tls.ca_key') ?? join(home.tls, 'ca_key'),
        cert: named('server.tls.cert') ?? join(home.tls, 'cert'),
        key: named('server.tls.key') ?? join(home.tls, 'key'),
      };
    },
  };
}
