import type { Crate } from './crate.js';
import type { EnvoyRule } from './envoy-rules.js';

/** A whole tree of `.vgo` files. Where it has no problems, every body of it can be built. */
export interface Stacks {
  readonly crates: ReadonlyMap<string, Crate>;
  readonly rules: readonly EnvoyRule[];
}
