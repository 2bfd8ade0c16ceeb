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
  /** None of them below `secrets:`, which says where the secrets lie. */
  readonly refs: readonly SettingsRef[];
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
    if (broken) throw this.#error('bad_settings', broken.pos[0], lowered(broken.message));
    visit(this.#document, {
      Alias: (_, { range }) => {
        throw this.#error('bad_settings', range?.[0], 'aliases are not taken here: write the value out');
      },
    });
    this.values = this.#document.toJS() ?? {};
    this.refs = [...this.#findRefs(this.values, [])];
  }

  /** The error of one field; it names line and column, which are those of the nearest field that is there. */
  problem(path: FieldPath, what: string, { code = 'bad_settings', hint, cause }: ProblemDetails = {}): SettingsError {
    const field = path.map(String).join('.') || 'the file';
    return this.#error(code, this.#offsetOf(path), `${field}: ${what}`, { hint, cause });
  }

  refAt(path: FieldPath): SettingsRef | undefined {
    return this.refs.find((ref) => ref.path.join('\0') === path.join('\0'));
  }

  *#findRefs(value: unknown, path: FieldPath): Iterable<SettingsRef> {
    if (path[0] === 'secrets') return;
    if (typeof value === 'string' && value.startsWith(REF)) yield { path, key: this.#keyAt(path, value) };
    if (typeof value !== 'object' || value === null) return;
    for (const [name, member] of Object.entries(value)) yield* this.#findRefs(member, [...path, name]);
  }

  #keyAt(path: FieldPath, value: string): KeyName {
    try {
      return parseKeyName(value.slice(REF.length));
    } catch (cause) {
      if (!(cause instanceof VigoError)) throw cause;
      throw this.problem(path, cause.message, { hint: cause.hint, cause });
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

/** The text at a field like `server.tls.ca`; undefined where there is none. */
export function textAt(values: unknown, field: string): string | undefined {
  let found = values;
  for (const name of field.split('.')) found = (found as Record<string, unknown> | undefined)?.[name];
  return typeof found === 'string' ? found : undefined;
}

/** The first letter of a library's message, made to fit ours. */
export function lowered(message: string): string {
  return message.charAt(0).toLowerCase() + message.slice(1);
}
