import { existsSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { homePaths, VigoError } from '../../base/index.js';
import { type PlaceField, placesIn, readSettings, SettingsError, type WrittenSettings } from '../../settings/index.js';
import type { Output } from '../console/output.js';

/**
 * Warns of each place that the restored `server.yaml` names and that isn't where the backup went: that of the host it
 * was made on, or of a server which still runs here.
 */
export async function warnOfOtherPlaces({ warn, note }: Output, root: string): Promise<void> {
  const home = homePaths(root);
  const settings = await readSettings(home).catch((error) => {
    if (!(error instanceof VigoError)) throw error;
    warn(error.message); // as it was in the backup
    return undefined;
  });
  if (settings === undefined) return;
  const { secretsDir, keyFile, databasePath, tls } = placesIn(home, () => undefined);
  const places = {
    'secrets.secrets_dir': secretsDir,
    'secrets.key_file': keyFile,
    'database.dsn': databasePath,
    'server.tls.ca': tls.ca,
    'server.tls.ca_key': tls.caKey,
    'server.tls.cert': tls.cert,
    'server.tls.key': tls.key,
  };
  let others = 0;
  for (const [field, restored] of Object.entries(places) as [PlaceField, string][]) {
    const named = placeNamed(settings, field);
    if (named === undefined || named === restored) continue;
    if (field.startsWith('server.tls.') && named.startsWith(join(root, sep)) && existsSync(named)) continue;
    others++;
    const there = existsSync(restored) ? `what was restored is ${restored}` : "it isn't in the backup";
    warn(`${settings.name} names ${named} (${field}): ${there}`);
  }
  if (others > 0) note('before vigosrv starts: take those lines out of server.yaml, or put the files where they say');
}

/** Undefined also for one that is a secret. */
function placeNamed(settings: WrittenSettings, field: PlaceField): string | undefined {
  try {
    const named = settings.place(field);
    return named === undefined ? undefined : resolve(named);
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}
