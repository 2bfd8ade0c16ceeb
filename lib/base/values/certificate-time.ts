/** A certificate begins this long before it is made, for machines whose clock is behind. */
export const BACKDATE_MS = 2 * 86_400_000;

/** When a certificate was made, and how long it is good from then on. */
export function lifetimeOf(validity: { readonly notBeforeMs: number; readonly notAfterMs: number }): {
  readonly madeAtMs: number;
  readonly lifetimeMs: number;
} {
  const madeAtMs = validity.notBeforeMs + BACKDATE_MS;
  return { madeAtMs, lifetimeMs: validity.notAfterMs - madeAtMs };
}
