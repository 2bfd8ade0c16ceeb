import { isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import { type KeyName, parseKeyName, VigoError } from '../base/index.js';
import { SettingsError, type SettingsErrorCode } from './errors.js';

const REF = 'secret:';

export type FieldPath = readonly PropertyKey[];

/** A field whose whole value is `secret:<key>`. */
export interface SettingsRef {
  readonly path: FieldPath;
  readonly key: KeyName;
}

/** `server.yaml` as it was written: plain values, which of them refer to secrets, and where each stands. */
export class SettingsFile {
  readonly values: unknown;
  readonly #name: string;
  readonly #document: ReturnType<typeof parseDocument>;
  readonly #lines = new LineCounter();

  /**
   * @param name of the file, for messages
   * @throws SettingsError `bad_settings` for what isn't plain YAML
   */
  constructor(text: string, name: string) {
    this.#name = name;
    this.#document = parseDocument(text, { lineCounter: this.#lines, prettyErrors: false });
    const [broken] = [...this.#document.errors, ...this.#document.warnings];
    // The library's own message may quote the file, which may be somebody else's.
    if (broken) throw this.#error('bad_settings', broken.pos[0], `not plain YAML (${wordsOf(broken.code)})`);
    visit(this.#document, {
      Alias: (_, { range }) => {
        throw this.#error('bad_settings', range?.[0], 'aliases are not taken here: write the value out');
      },
    });
    const values: unknown = this.#document.toJS() ?? {};
    if (typeof values !== 'object' || Array.isArray(values)) {
      const hint = 'write it as in docs/settings.md: a section like server:, and its fields below it';
      throw this.#error('bad_settings', 0, 'the file holds no settings', { hint });
    }
    this.values = values;
  }

  /**
   * The error of one field; it names line and column, which are those of the nearest field that is there.
   * @param stranger an unknown key in that field. It gives line and column, and isn't named: the file may be somebody else's.
   */
  problem(
    path: FieldPath,
    what: string,
    { code = 'bad_settings', hint, cause, stranger }: ProblemDetails & { readonly stranger?: string } = {},
  ): SettingsError {
    const field = path.map(String).join('.') || 'the file';
    const offset = this.#offsetOf(stranger === undefined ? path : [...path, stranger]);
    return this.#error(code, offset, `${field}: ${what}`, { hint, cause });
  }

  /**
   * The fields that refer to secrets. None of them is below `secrets:`, which says where the secrets are.
   * @throws SettingsError `bad_settings` for one that can't be the name of a secret
   */
  refs(): SettingsRef[] {
    return [...this.#findRefs(this.values, [])];
  }

  isRef(path: FieldPath): boolean {
    let value = this.values;
    for (const name of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[name];
    return isRef(value, path);
  }

  *#findRefs(value: unknown, path: FieldPath): Iterable<SettingsRef> {
    if (isRef(value, path)) yield { path, key: this.#keyAt(path, value) };
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) yield* this.#findRefs(member, [...path, name]);
  }

  #keyAt(path: FieldPath, value: string): KeyName {
    try {
      return parseKeyName(value.slice(REF.length));
    } catch (cause) {
      if (!(cause instanceof VigoError)) throw cause;
      const what = `what stands behind ${REF} is not the name of a secret`;
      throw this.problem(path, what, { hint: cause.hint });
    }
  }

  #offsetOf(path: FieldPath): number | undefined {
    for (let depth = path.length; depth > 0; depth--) {
      const parent = depth === 1 ? this.#document.contents : this.#document.getIn(path.slice(0, depth - 1), true);
      if (!isMap(parent)) continue;
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === path[depth - 1]);
      if (isScalar(pair?.key)) return pair.key.range?.[0];
    }
    return undefined;
  }

  #error(code: SettingsErrorCode, offset: number | undefined, what: string, details: ProblemDetails = {}) {
    const { line, col } = this.#lines.linePos(offset ?? 0);
    return new SettingsError(code, `${this.#name}:${line}:${col}: ${what}`, details);
  }
}

interface ProblemDetails {
  readonly code?: SettingsErrorCode;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

function isRef(value: unknown, [top]: FieldPath): value is string {
  return typeof value === 'string' && value.startsWith(REF) && top !== 'secrets';
}

/** The text at a field like `server.tls.ca`; undefined where there is none. */
export function textAt(values: unknown, field: string): string | undefined {
  let found = values;
  for (const name of field.split('.')) found = (found as Record<string, unknown> | undefined)?.[name];
  return typeof found === 'string' ? found : undefined;
}

/** The words of a code like `BAD_INDENT`. */
function wordsOf(code: string): string {
  return code.toLowerCase().replaceAll('_', ' ');
}

/** The first letter of a library's message, made to fit ours. */
export function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
