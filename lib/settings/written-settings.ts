import { fromUtf8, type HomePaths, type KeyName, nearest, type Secret, VigoError } from '../base/index.js';
import type { SettingsError } from './errors.js';
import type { PlaceField } from './places.js';
import { checkValues, fieldsAt, type Settings, type SettingsIssue, settingsOf } from './schema.js';
import { type FieldPath, lowered, SettingsFile, type SettingsRef, textAt } from './settings-file.js';

/** The part of a vault that is needed here. */
export interface SecretOpener {
  /** The caller disposes of the value. @throws VigoError, of kind `not_found` where there is no such secret */
  open(key: KeyName): Promise<{ readonly value: Secret<Uint8Array> }>;
}

/** `server.yaml`, checked but for what its refs stand for. */
export class WrittenSettings {
  /** The file's name, as messages show it. */
  readonly name: string;
  readonly #file: SettingsFile;
  readonly #refs: readonly SettingsRef[];

  /** @throws SettingsError `bad_settings`; an unknown key is an error */
  constructor(text: string, name: string) {
    this.name = name;
    this.#file = new SettingsFile(text, name);
    const issue = checkValues(this.#file.values).find(({ path }) => !this.#file.isRef(path));
    if (issue !== undefined) throw problemOf(this.#file, issue);
    this.#refs = this.#file.refs();
  }

  /** The secrets that fields refer to. */
  get refs(): readonly KeyName[] {
    return this.#refs.map(({ key }) => key);
  }

  /**
   * The path that stands there; undefined where none does.
   * @throws SettingsError `hidden_place` where it is a secret. None is below `secrets:`.
   */
  place(field: PlaceField): string | undefined {
    const path = field.split('.');
    if (!this.#file.isRef(path)) return textAt(this.#file.values, field);
    throw this.#file.problem(path, 'it is a secret, which vigosrv opens and vigocli does not', {
      code: 'hidden_place',
      hint: 'write the path out: it has to be known to both',
    });
  }

  /**
   * The settings with every ref resolved.
   * @throws SettingsError `bad_settings`, and `missing_secret` for one that can't be opened; it names field, line and key
   */
  async resolve(home: HomePaths, secrets: SecretOpener): Promise<Settings> {
    const values = await withSecrets(this.#file, this.#refs, secrets);
    const [issue] = checkValues(values);
    if (issue !== undefined) throw problemOf(this.#file, issue, this.#refs);
    return settingsOf(values, home);
  }
}

/** A copy of the values with secrets in the place of refs. */
async function withSecrets(file: SettingsFile, refs: readonly SettingsRef[], secrets: SecretOpener): Promise<unknown> {
  const values = structuredClone(file.values) as Record<PropertyKey, unknown>;
  for (const { path, key } of refs) {
    let parent = values;
    for (const name of path.slice(0, -1)) parent = parent[name] as Record<PropertyKey, unknown>;
    parent[path.at(-1) as PropertyKey] = await openRef(file, path, key, secrets);
  }
  return values;
}

async function openRef(file: SettingsFile, path: FieldPath, key: KeyName, secrets: SecretOpener): Promise<string> {
  try {
    const { value } = await secrets.open(key);
    try {
      return fromUtf8(value.expose());
    } finally {
      value.dispose();
    }
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    const missing = cause.kind === 'not_found';
    throw file.problem(path, missing ? `there is no secret ${key}` : `secret:${key} can't be used: ${cause.message}`, {
      code: 'missing_secret',
      hint: missing ? `vigocli secrets set raw ${key}` : cause.hint,
      cause,
    });
  }
}

function problemOf(file: SettingsFile, issue: SettingsIssue, refs: readonly SettingsRef[] = []): SettingsError {
  const { path } = issue;
  const stranger = issue.code === 'unrecognized_keys' ? issue.keys[0] : undefined;
  if (stranger !== undefined) {
    const known = fieldsAt(path);
    const meant = nearest(stranger, known);
    const hint = `${meant === undefined ? '' : `did you mean ${meant}? `}known here: ${known.join(', ')}`;
    return file.problem(path, 'unknown key', { hint, stranger });
  }
  const ref = refs.find((ref) => ref.path.join('\0') === path.join('\0'));
  // What a check says may quote the value.
  if (ref !== undefined) return file.problem(path, `what secret:${ref.key} holds doesn't fit here`);
  return file.problem(path, lowered(issue.message));
}
