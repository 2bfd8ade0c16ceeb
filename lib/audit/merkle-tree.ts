import { concatBytes } from '../base/index.js';
import type { Sha256 } from '../crypto/index.js';
import { AuditError } from './errors.js';

const LEAF = Uint8Array.of(0x00);
const NODE = Uint8Array.of(0x01);

/**
 * The roots of the complete subtrees that a tree of some size consists of, the largest first: one 32-byte hash for
 * each bit that is set in the size. It is all that is needed to append to the tree and to know its root.
 */
export type Frontier = readonly Uint8Array[];

/** The hash tree of RFC 6962 section 2.1 (RFC 9162 section 2.1.1), held as its frontier alone. */
export class MerkleTree {
  readonly #sha256: Sha256;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  /** MTH({d}) = SHA-256(0x00 || d): the prefix keeps a leaf from being taken for an inner node. */
  leaf(data: Uint8Array): Uint8Array {
    return this.#sha256.digest(concatBytes(LEAF, data));
  }

  /**
   * The frontier of the tree with one leaf more.
   * @throws AuditError `bad_frontier` where `frontier` isn't one of a tree of `size` leaves.
   */
  append(size: number, frontier: Frontier, data: Uint8Array): Frontier {
    if (frontier.length !== bitCount(size)) {
      throw new AuditError('bad_frontier', `a tree of ${size} leaves has no frontier of ${frontier.length} hashes`);
    }
    const next = [...frontier];
    let hash = this.leaf(data);
    // Each trailing one in the size is a subtree as large as what is being added: both become one, as in a carry.
    for (let rest = size; rest % 2 === 1; rest = Math.floor(rest / 2)) {
      hash = this.#node(next.pop() as Uint8Array, hash);
    }
    return [...next, hash];
  }

  /** The root of the whole tree; of the empty one it is the hash of nothing. */
  root(frontier: Frontier): Uint8Array {
    const [smallest, ...larger] = frontier.toReversed();
    if (smallest === undefined) return this.#sha256.digest(new Uint8Array());
    return larger.reduce((right, left) => this.#node(left, right), smallest);
  }

  #node(left: Uint8Array, right: Uint8Array): Uint8Array {
    return this.#sha256.digest(concatBytes(NODE, left, right));
  }
}

function bitCount(size: number): number {
  return size.toString(2).replaceAll('0', '').length;
}
