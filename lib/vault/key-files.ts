import { dirname, join, relative } from 'node:path';
import { isKeyName, type KeyName } from '../base/index.js';
import { filesBelow, hasFile, keyPath } from './key-tree.js';
import type { VaultLayout } from './layout.js';
import { keptPath, keptVersions, VERSION_NAME, VERSIONS } from './versions.js';

/** Everything encrypted that has one name: a secret with its versions, or a key of the server. */
export interface KeyFiles {
  readonly kind: 'secret' | 'server-key';
  readonly name: KeyName;
}

/** Every file in the place of a secret, of a kept version or of a key of the server, whatever is in it. */
export async function* walkKeyFiles(layout: VaultLayout): AsyncGenerator<KeyFiles & { readonly path: string }> {
  const versions = join(layout.secretsDir, VERSIONS);
  for await (const path of filesBelow(layout.secretsDir)) {
    const isKept = path.startsWith(`${versions}/`);
    if (isKept && !VERSION_NAME.test(relative(dirname(path), path))) continue;
    const name = isKept ? relative(versions, dirname(path)) : relative(layout.secretsDir, path);
    if (isKeyName(name)) yield { kind: 'secret', name, path };
  }
  for await (const path of filesBelow(layout.keysDir)) {
    const name = relative(layout.keysDir, path);
    if (isKeyName(name)) yield { kind: 'server-key', name, path };
  }
}

/** The paths of the files of one name, as they are now. @throws VaultError `misplaced` */
export async function pathsOf(layout: VaultLayout, { kind, name }: KeyFiles): Promise<string[]> {
  if (kind === 'server-key') return (await hasFile(layout.keysDir, name)) ? [keyPath(layout.keysDir, name)] : [];
  const { secretsDir } = layout;
  const kept = (await keptVersions(secretsDir, name)).map((version) => keptPath(secretsDir, name, version));
  return (await hasFile(secretsDir, name)) ? [keyPath(secretsDir, name), ...kept] : kept;
}
