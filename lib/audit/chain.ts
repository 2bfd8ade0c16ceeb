import { encodeCanonical } from '../base/index.js';
import { loadSha256, randomBytes, type Sha256 } from '../crypto/index.js';
import { type AuditDraft, encodeEntry, SALT_BYTES } from './entry.js';
import { type Frontier, MerkleTree } from './merkle-tree.js';

/** All that has to be kept of a log in order to append to it. */
export interface ChainState {
  /** How many entries there are; also the sequence number of the last one. */
  readonly size: number;
  /** The hash of the last entry; 32 zero bytes where there is none. */
  readonly head: Uint8Array;
  /** The frontier of the Merkle tree over the same entries. */
  readonly frontier: Frontier;
}

export interface AppendedEntry {
  /** The entry as it is to be stored, never to be encoded again. */
  readonly bytes: Uint8Array;
  /** Its hash, which binds every entry before it. */
  readonly hash: Uint8Array;
  readonly next: ChainState;
}

const HASH_TAG = 'vigo/audit-entry/v1';
const HASH_BYTES = 32;

/** Loads what `AuditChain` computes with. */
export async function loadAuditChain(): Promise<AuditChain> {
  return new AuditChain(await loadSha256());
}

/** Appends to the log as a pure function of its state, and synchronously: it runs inside a database transaction. */
export class AuditChain {
  /** The state of a log without entries. */
  readonly empty: ChainState = { size: 0, head: new Uint8Array(HASH_BYTES), frontier: [] };

  readonly #sha256: Sha256;
  readonly #tree: MerkleTree;

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
    this.#tree = new MerkleTree(sha256);
  }

  /**
   * Makes the next entry of a log.
   * @throws AuditError `bad_draft`, `bad_frontier`
   */
  append(state: ChainState, draft: AuditDraft, atMs: number): AppendedEntry {
    const bytes = encodeEntry({ ...draft, at: atMs, salt: randomBytes(SALT_BYTES) });
    const next = this.extend(state, bytes);
    return { bytes, hash: next.head, next };
  }

  /** The state of a log after an entry that is already encoded. */
  extend(state: ChainState, bytes: Uint8Array): ChainState {
    return {
      size: state.size + 1,
      head: this.#sha256.digest(encodeCanonical(HASH_TAG, state.head, bytes)),
      frontier: this.#tree.append(state.size, state.frontier, bytes),
    };
  }

  /** The root of the Merkle tree over all entries. */
  root(state: ChainState): Uint8Array {
    return this.#tree.root(state.frontier);
  }
}
