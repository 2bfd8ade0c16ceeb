import { type HostName, type KeyGlob, type KeyName, toHex } from '../../base/index.js';
import type { Sha256 } from '../../crypto/index.js';
import { encodeBody, hashBody, type PolicyBody, refsOf, watchersOf } from '../body/body.js';
import { refsOfRule } from '../check-secrets.js';
import { PolicyError } from '../errors.js';
import { ProblemList, throwIfAny } from '../problems.js';
import { type EnvoyRule, matchRule } from '../source/envoy-rules.js';
import type { Stacks } from '../source/parsed-stacks.js';
import { composeBody } from './compose.js';

/** A built body, shared by all hosts that get the same. */
export interface Body {
  /** RFC 8785 JSON with placeholders, never a value. */
  readonly bytes: Uint8Array;
  /** What the policy head signs; 32 bytes. */
  readonly hash: Uint8Array;
  /** The entitlement: an envoy with this body may resolve these keys and no other (D4). */
  readonly refs: ReadonlySet<KeyName>;
  /** What each resource with `watch_secret` watches, in the order of the body. */
  readonly watches: readonly (readonly KeyGlob[])[];
  /** The hash in hexadecimal, to keep things by body. */
  readonly key: string;
}

/** The bodies of a published tree, each built when the first host asks for it and then shared. */
export class Bodies {
  readonly #stacks: Stacks;
  readonly #sha256: Sha256;
  readonly #byRule = new Map<EnvoyRule | undefined, Body>();
  readonly #byKey = new Map<string, Body>();

  constructor(stacks: Stacks, sha256: Sha256) {
    this.#stacks = stacks;
    this.#sha256 = sha256;
  }

  /**
   * The body of a host; the same object for all hosts with the same crates and vars. A host that no rule matches gets
   * a body without crates: it keeps checking in, changes nothing, and may resolve nothing.
   */
  for(host: HostName): Body {
    const rule = matchRule(this.#stacks.rules, host);
    const known = this.#byRule.get(rule);
    if (known !== undefined) return known;
    const built = this.#build(rule);
    const body = this.#byKey.get(built.key) ?? built;
    this.#byKey.set(body.key, body);
    this.#byRule.set(rule, body);
    return body;
  }

  #build(rule: EnvoyRule | undefined): Body {
    const problems = new ProblemList();
    const { crates } = this.#stacks;
    const body: PolicyBody = rule === undefined ? { v: 1, configcrates: [] } : composeBody(rule, crates, problems);
    throwIfAny(problems.sorted());
    const refs = refsOf(body);
    if (rule !== undefined) requireEntitled(refs, rule, this.#stacks);
    const bytes = encodeBody(body);
    const hash = hashBody(bytes, this.#sha256);
    const watches = watchersOf(body).flatMap(({ watch_secret }) => (watch_secret === undefined ? [] : [watch_secret]));
    return { bytes, hash, refs, watches, key: toHex(hash) };
  }
}

/** Entitlement (D4): what comes out of interpolation must have stood in the operator's own text. */
function requireEntitled(refs: ReadonlySet<KeyName>, rule: EnvoyRule, stacks: Stacks): void {
  const written = refsOfRule(stacks, rule);
  for (const key of refs) {
    if (!written.has(key)) throw new PolicyError('not_entitled', `no operator wrote the ref ${key}`);
  }
}
