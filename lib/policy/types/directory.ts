import { required, SECRETS_ONLY_IN_CONTENT, text, word } from './attribute.js';
import { absolutePath, account, fileMode } from './grammar.js';
import { type Contradiction, resourceType } from './resource-type.js';

type PresentDirectory = {
  readonly type: 'directory';
  readonly name: string;
  readonly ensure: 'present';
  readonly path: string;
  /** Four octal digits. */
  readonly mode: string;
  readonly owner?: string;
  readonly group?: string;
};

type AbsentDirectory = {
  readonly type: 'directory';
  readonly name: string;
  readonly ensure: 'absent';
  readonly path: string;
};

/** A directory as a body declares it. */
export type DirectoryResource = PresentDirectory | AbsentDirectory;

/** A directory as its executor gets it. */
export type ResolvedDirectory = AbsentDirectory | (Omit<PresentDirectory, 'mode'> & { readonly mode: number });

const attributes = {
  path: required(text(absolutePath, SECRETS_ONLY_IN_CONTENT)),
  mode: text(fileMode, SECRETS_ONLY_IN_CONTENT),
  owner: text(account, SECRETS_ONLY_IN_CONTENT),
  group: text(account, SECRETS_ONLY_IN_CONTENT),
  ensure: word('present', 'absent'),
};

const DEFAULT_MODE = '0755';

export const directoryType = resourceType({
  type: 'directory',
  attributes,
  contradictions({ ensure, mode, owner, group }) {
    const found: Contradiction<typeof attributes>[] = [];
    if (ensure !== 'absent') return found;
    for (const [attribute, value] of Object.entries({ mode, owner, group })) {
      const message = `a directory that is absent has no ${attribute}`;
      if (value !== undefined) found.push({ attribute: attribute as keyof typeof attributes, message });
    }
    return found;
  },
  settle(name, { path, ensure, mode, owner, group }): DirectoryResource {
    if (ensure === 'absent') return { type: 'directory', name, ensure, path };
    return {
      type: 'directory',
      name,
      ensure: 'present',
      path,
      mode: mode ?? DEFAULT_MODE,
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
    };
  },
  resolve(directory): ResolvedDirectory {
    if (directory.ensure === 'absent') return directory;
    return { ...directory, mode: Number.parseInt(directory.mode, 8) };
  },
});
