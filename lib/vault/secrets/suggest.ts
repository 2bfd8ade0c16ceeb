import { isKeyName } from '../../base/index.js';
import { entriesOf, hasFile, keyPath } from '../format/key-tree.js';

/**
 * What could stand where `typed` does, one folder deep, so that it takes no longer in a large vault: keys, and folders
 * with a slash at their end. Sorted.
 * @throws VaultError `misplaced`
 */
export async function suggestNames(secretsDir: string, typed: string): Promise<string[]> {
  const folder = typed.slice(0, Math.max(0, typed.lastIndexOf('/')));
  if (folder !== '' && (!isKeyName(folder) || (await hasFile(secretsDir, folder)))) return [];
  const names: string[] = [];
  for (const entry of await entriesOf(keyPath(secretsDir, folder))) {
    const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (!isKeyName(name) || !name.startsWith(typed)) continue;
    if (entry.isDirectory()) names.push(`${name}/`);
    else if (entry.isFile()) names.push(name);
  }
  return names.sort();
}
