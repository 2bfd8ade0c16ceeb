/** A number of things, like `1 secret` or `2 secrets`. */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
