/** The values of a command's flags, as typed. A flag that takes a value is a string, one that doesn't a boolean. */
export interface Flags {
  text(name: string): string | undefined;
  /** All values of a flag that may be given several times. */
  texts(name: string): readonly string[];
  is(name: string): boolean;
}

export interface CommandOption {
  readonly name: string;
  /** One letter that stands for it: `m` for `-m`. */
  readonly short?: string;
  /** What stands behind the flag in the help, like `path`; a flag without it is a switch. */
  readonly value?: string;
  readonly repeatable?: true;
  readonly summary: string;
}
