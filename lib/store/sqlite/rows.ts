/** Takes a row apart: what the schema's STRICT tables promise, as the types of the domain. */

export type Row = Readonly<Record<string, unknown>>;

/** A plain array, so that a caller gets the same from this thread as from another one. */
export function blob(value: unknown): Uint8Array {
  return Uint8Array.from(value as Buffer);
}

export function optional<T>(value: unknown): T | undefined {
  return value === null ? undefined : (value as T);
}

export function json<T>(value: unknown): T {
  return JSON.parse(value as string) as T;
}
