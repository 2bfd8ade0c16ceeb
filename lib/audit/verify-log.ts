import { concatBytes, equalBytes } from '../base/index.js';
import { type AuditChain, type ChainState, loadAuditChain } from './chain.js';
import { decodeEntry } from './entry.js';
import { AuditError } from './errors.js';

/** An entry as it is stored. */
export interface StoredEntry {
  /** Its place in the log; the first one is 1. */
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly hash: Uint8Array;
}

/** Some entries in their order, and the state of the log that was recorded at the moment when they were read. */
export interface LogPage {
  readonly entries: readonly StoredEntry[];
  readonly head: ChainState;
}

/**
 * Reads a log page by page: at most `limit` entries with a sequence number of `fromSeq` or more. A page comes from one
 * snapshot, so that a log can be verified while others append to it.
 */
export type ReadLogPage = (fromSeq: number, limit: number) => Promise<LogPage>;

export type LogProblem =
  | 'altered' // the hash doesn't follow from the bytes and the entries before: edited, moved, or cut out before it
  | 'missing' // a sequence number is left out
  | 'malformed' // the hashes agree, but the bytes aren't an entry
  | 'surplus' // an entry that the recorded head doesn't know
  | 'truncated' // the recorded head knows entries that aren't there
  | 'bad_head'; // all entries agree with each other, but not with the recorded head

export type LogVerdict =
  | { readonly ok: true; readonly size: number; readonly head: Uint8Array; readonly root: Uint8Array }
  | {
      readonly ok: false;
      /** The first entry that is wrong, or that should be there. */
      readonly seq: number;
      readonly problem: LogProblem;
      readonly message: string;
      /** How many entries before it are right. */
      readonly verified: number;
    };

const PAGE_ENTRIES = 500;

/**
 * Computes the whole log anew, from its first entry to the recorded head: finds every edit, removal, insertion,
 * reordering and truncation. Somebody who can write to the log can compute hashes as well, so a log that was rewritten
 * from some entry to its end together with its head is found only by who remembers an earlier head.
 */
export async function verifyLog(readPage: ReadLogPage): Promise<LogVerdict> {
  const chain = await loadAuditChain();
  let state = chain.empty;
  // From below the first entry: a row smuggled in before it must be seen, too.
  let fromSeq = Number.MIN_SAFE_INTEGER;
  for (;;) {
    const { entries, head } = await readPage(fromSeq, PAGE_ENTRIES);
    for (const entry of entries) {
      const next = chain.extend(state, entry.bytes);
      const problem = problemOf(entry, next, head);
      if (problem !== undefined) return { ok: false, ...problem, verified: state.size };
      state = next;
    }
    const last = entries.at(-1);
    if (last === undefined || entries.length < PAGE_ENTRIES) return finalVerdict(chain, state, head);
    fromSeq = last.seq + 1;
  }
}

interface Problem {
  readonly seq: number;
  readonly problem: LogProblem;
  readonly message: string;
}

/** @param next the state of the log after this entry, if all is well. */
function problemOf(entry: StoredEntry, next: ChainState, recorded: ChainState): Problem | undefined {
  const { seq } = entry;
  const expected = next.size;
  if (seq < expected) return { seq, problem: 'surplus', message: `entry ${seq} stands where ${expected} belongs` };
  // Removal: what is gone leaves a hole in the numbers, unless the rest was renumbered, which the hashes show.
  if (seq > expected) return { seq: expected, problem: 'missing', message: `entry ${expected} was removed` };
  if (seq > recorded.size) {
    return { seq, problem: 'surplus', message: `entry ${seq} was added behind the recorded head` };
  }
  if (!equalBytes(next.head, entry.hash)) {
    const message = `entry ${seq} was edited, moved or inserted, or one before it was removed`;
    return { seq, problem: 'altered', message };
  }
  try {
    decodeEntry(entry.bytes);
  } catch (error) {
    if (!(error instanceof AuditError)) throw error;
    return { seq, problem: 'malformed', message: `entry ${seq} can't be read: ${error.message}` };
  }
  return undefined;
}

function finalVerdict(chain: AuditChain, state: ChainState, recorded: ChainState): LogVerdict {
  const { size, head } = state;
  if (size < recorded.size) {
    const message = `the log ends after entry ${size}, but ${recorded.size} were recorded`;
    return { ok: false, seq: size + 1, problem: 'truncated', message, verified: size };
  }
  if (!equalBytes(concatBytes(head, ...state.frontier), concatBytes(recorded.head, ...recorded.frontier))) {
    const message = `the recorded head is not that of entry ${size}`;
    return { ok: false, seq: size, problem: 'bad_head', message, verified: size };
  }
  return { ok: true, size, head, root: chain.root(state) };
}
