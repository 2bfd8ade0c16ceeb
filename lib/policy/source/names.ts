/** The name of a configcrate, which `envoys.vgo` lists. */
export function isCrateName(text: string): boolean {
  return /^[a-z0-9][a-z0-9_.-]{0,99}$/.test(text);
}

/** The name of a resource: what people read in results and logs, so it stays on one line. */
export function isResourceName(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]{1,200}$/u.test(text) && text.trim() === text;
}
