import type { HomePaths } from '../base/index.js';
import { FilesError, readFileLimited } from '../files/index.js';
import { SettingsError } from './errors.js';
import type { WrittenSettings } from './written-settings.js';

const MAX_BYTES = 1024 * 1024;

/**
 * Reads `server.yaml` and checks all of it but what its refs stand for.
 * @param file where it lies, if not in the home; it must exist then
 * @returns undefined where the home has none: neither YAML nor checks are loaded for that
 * @throws SettingsError `bad_settings`, `missing_file`; FilesError where it can't be read
 */
export async function readSettings(home: HomePaths, file?: string): Promise<WrittenSettings | undefined> {
  if (file === '') {
    throw new SettingsError('missing_file', 'VIGO_CONFIG_FILE is set and empty', {
      hint: `unset it for ${home.settings}, or name a file`,
    });
  }
  const path = file ?? home.settings;
  const bytes = await readFileLimited(path, MAX_BYTES, { followLink: true }).catch((cause) => {
    if (!(cause instanceof FilesError) || cause.code !== 'not_found') throw cause;
    if (file === undefined) return undefined;
    throw new SettingsError('missing_file', `there is no ${file}`, { cause, hint: 'VIGO_CONFIG_FILE names it' });
  });
  return bytes && parseSettings(Buffer.from(bytes).toString('utf8'), path);
}

/**
 * The same of a text.
 * @param name of the file, for messages
 * @throws SettingsError `bad_settings`
 */
export async function parseSettings(text: string, name: string): Promise<WrittenSettings> {
  const { WrittenSettings } = await import('./written-settings.js');
  return new WrittenSettings(text, name);
}
