import type { Secret } from '../../base/index.js';
import { holdsMarker } from '../compose/placeholder.js';
import { required, SECRETS_ALLOWED, SECRETS_ONLY_IN_CONTENT, text, word } from './attribute.js';
import { absolutePath, account, anyText, fileMode } from './grammar.js';
import { type Contradiction, resourceType } from './resource-type.js';

type PresentFile = {
  readonly type: 'file';
  readonly name: string;
  readonly ensure: 'present';
  readonly path: string;
  /** Four octal digits. */
  readonly mode: string;
  /** Left out where only the file's existence, mode and owner are declared. */
  readonly content?: string;
  readonly owner?: string;
  readonly group?: string;
};

type AbsentFile = {
  readonly type: 'file';
  readonly name: string;
  readonly ensure: 'absent';
  readonly path: string;
};

/** A file as a body declares it. */
export type FileResource = PresentFile | AbsentFile;

/** A file as its executor gets it. */
export type ResolvedFile =
  | AbsentFile
  | (Omit<PresentFile, 'mode' | 'content'> & {
      readonly mode: number;
      readonly content?: Secret<Uint8Array>;
      /** Whether a value of the vault stands in the content: then no difference of it is shown. */
      readonly confidential: boolean;
    });

const attributes = {
  path: required(text(absolutePath, SECRETS_ONLY_IN_CONTENT)),
  content: text(anyText, SECRETS_ALLOWED),
  mode: text(fileMode, SECRETS_ONLY_IN_CONTENT),
  owner: text(account, SECRETS_ONLY_IN_CONTENT),
  group: text(account, SECRETS_ONLY_IN_CONTENT),
  ensure: word('present', 'absent'),
};

const OPEN_MODE = '0644';
const SECRET_MODE = '0600';
const OTHERS = 0o007;

export const fileType = resourceType({
  type: 'file',
  attributes,
  contradictions({ path, ensure, content, mode, owner, group }) {
    const found: Contradiction<typeof attributes>[] = [];
    if (path === '/') found.push({ attribute: 'path', message: '/ is a directory' });
    if (ensure === 'absent') {
      for (const [attribute, value] of Object.entries({ content, mode, owner, group })) {
        const message = `a file that is absent has no ${attribute}`;
        if (value !== undefined) found.push({ attribute: attribute as keyof typeof attributes, message });
      }
    }
    if (content !== undefined && holdsMarker(content) && mode !== undefined && Number.parseInt(mode, 8) & OTHERS) {
      found.push({
        attribute: 'mode',
        message: `mode ${mode} opens a file that holds a secret to everybody`,
        hint: 'without a mode it gets "0600"; for one group write "0640" and group',
      });
    }
    return found;
  },
  settle(name, { path, ensure, content, mode, owner, group }): FileResource {
    if (ensure === 'absent') return { type: 'file', name, ensure, path };
    return {
      type: 'file',
      name,
      ensure: 'present',
      path,
      mode: mode ?? (content !== undefined && holdsMarker(content) ? SECRET_MODE : OPEN_MODE),
      ...(content === undefined ? {} : { content }),
      ...(owner === undefined ? {} : { owner }),
      ...(group === undefined ? {} : { group }),
    };
  },
  resolve(file, fill): ResolvedFile {
    if (file.ensure === 'absent') return file;
    const { content, mode, ...rest } = file;
    return {
      ...rest,
      mode: Number.parseInt(mode, 8),
      confidential: content !== undefined && holdsMarker(content),
      ...(content === undefined ? {} : { content: fill(content) }),
    };
  },
});
