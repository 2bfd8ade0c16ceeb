import t from 'tap';
import {
  type AuditDraft,
  type ChainState,
  loadAuditChain,
  type ReadLogPage,
  type StoredEntry,
  verifyLog,
} from '../../lib/audit/index.js';
import { utf8 } from '../../lib/base/index.js';

const chain = await loadAuditChain();

interface Log {
  entries: StoredEntry[];
  head: ChainState;
}

function makeLog(size: number): Log {
  const entries: StoredEntry[] = [];
  let head = chain.empty;
  for (let seq = 1; seq <= size; seq++) {
    const draft: AuditDraft = { action: 'secret.set', actor: 'root', subject: `key/${seq}`, outcome: 'done' };
    const { bytes, hash, next } = chain.append(head, draft, seq);
    entries.push({ seq, bytes, hash });
    head = next;
  }
  return { entries, head };
}

function reader({ entries, head }: Log): ReadLogPage {
  return async (fromSeq, limit) => ({ entries: entries.filter(({ seq }) => seq >= fromSeq).slice(0, limit), head });
}

const whole = makeLog(12);
const renumber = (entries: readonly StoredEntry[]) => entries.map((entry, i) => ({ ...entry, seq: i + 1 }));
const at = (seq: number) => whole.entries[seq - 1] as StoredEntry;

t.test('a log as it was written', async (t) => {
  for (const size of [0, 1, 499, 500, 501]) {
    const log = makeLog(size);
    t.match(await verifyLog(reader(log)), { ok: true, size, head: log.head.head, root: chain.root(log.head) });
  }
});

t.test('every single flipped bit of an entry is named', async (t) => {
  const { bytes } = at(5);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7));
    const entries = whole.entries.with(4, { ...at(5), bytes: flipped });
    const verdict = await verifyLog(reader({ ...whole, entries }));
    if (verdict.ok || verdict.seq !== 5 || verdict.problem !== 'altered') t.fail('not found', { bit, verdict });
  }
});

t.test('what somebody did to the log, and what the verdict names', async (t) => {
  const { entries, head } = whole;
  const longer = chain.append(head, { action: 'secret.set', actor: 'x', subject: 'y', outcome: 'done' }, 99);
  const inserted = { seq: 0, bytes: longer.bytes, hash: longer.hash };
  const deeds: Record<string, [Log, { seq: number; problem: string; verified: number }]> = {
    'the hash of an entry edited': [
      { head, entries: entries.with(6, { ...at(7), hash: at(6).hash }) },
      { seq: 7, problem: 'altered', verified: 6 },
    ],
    'an entry and its hash recomputed': [
      { head, entries: entries.with(6, { seq: 7, ...remade(7) }) },
      { seq: 8, problem: 'altered', verified: 7 },
    ],
    'an entry removed': [
      { head, entries: entries.toSpliced(3, 1) },
      { seq: 4, problem: 'missing', verified: 3 },
    ],
    'an entry removed and the rest renumbered': [
      { head, entries: renumber(entries.toSpliced(3, 1)) },
      { seq: 4, problem: 'altered', verified: 3 },
    ],
    'the first entry removed': [
      { head, entries: entries.slice(1) },
      { seq: 1, problem: 'missing', verified: 0 },
    ],
    'an entry inserted and the rest renumbered': [
      { head, entries: renumber(entries.toSpliced(3, 0, inserted)) },
      { seq: 4, problem: 'altered', verified: 3 },
    ],
    'an entry put before the first': [
      { head, entries: [inserted, ...entries] },
      { seq: 0, problem: 'surplus', verified: 0 },
    ],
    'a right entry added behind the head': [
      { head, entries: [...entries, { ...inserted, seq: 13 }] },
      { seq: 13, problem: 'surplus', verified: 12 },
    ],
    'two entries swapped': [
      { head, entries: renumber(entries.with(3, at(6)).with(5, at(4))) },
      { seq: 4, problem: 'altered', verified: 3 },
    ],
    'the last entries cut off': [
      { head, entries: entries.slice(0, 9) },
      { seq: 10, problem: 'truncated', verified: 9 },
    ],
    'everything cut off': [
      { head, entries: [] },
      { seq: 1, problem: 'truncated', verified: 0 },
    ],
    'the head edited': [
      { head: { ...head, head: new Uint8Array(32) }, entries },
      { seq: 12, problem: 'bad_head', verified: 12 },
    ],
    'the tree edited': [
      { head: { ...head, frontier: head.frontier.toReversed() }, entries },
      { seq: 12, problem: 'bad_head', verified: 12 },
    ],
    'the head taken away': [
      { head: chain.empty, entries },
      { seq: 1, problem: 'surplus', verified: 0 },
    ],
  };
  for (const [deed, [log, verdict]] of Object.entries(deeds)) {
    t.match(await verifyLog(reader(log)), { ok: false, ...verdict }, deed);
  }
});

t.test('a chain of bytes that are no entries', async (t) => {
  const bytes = utf8('{}');
  const head = chain.extend(chain.empty, bytes);
  const verdict = await verifyLog(reader({ entries: [{ seq: 1, bytes, hash: head.head }], head }));
  t.match(verdict, { ok: false, seq: 1, problem: 'malformed', verified: 0 });
});

t.test('a log that grows while it is verified', async (t) => {
  const long = makeLog(700);
  const short = { entries: long.entries.slice(0, 600), head: makeState(long, 600) };
  let pages = 0;
  const verdict = await verifyLog((from, limit) => reader(pages++ === 0 ? short : long)(from, limit));
  t.match(verdict, { ok: true, size: 700 });
});

function remade(seq: number) {
  const before = makeState(whole, seq - 1);
  const { bytes, hash } = chain.append(
    before,
    { action: 'secret.set', actor: 'root', subject: 'other', outcome: 'done' },
    seq,
  );
  return { bytes, hash };
}

function makeState(log: Log, size: number): ChainState {
  return log.entries.slice(0, size).reduce((state, { bytes }) => chain.extend(state, bytes), chain.empty);
}
