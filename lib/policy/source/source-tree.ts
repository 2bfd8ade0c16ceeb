import { MARKER_END, MARKER_START } from '../../base/index.js';
import type { Position } from '../errors.js';
import type { ProblemList } from '../problems.js';

/** What a YAML document holds, with the place of everything, and without a trace of the YAML library. */
export type SourceNode = SourceScalar | SourceList | SourceMap;

export interface SourceScalar {
  readonly kind: 'scalar';
  readonly at: Position;
  readonly value: string | number | boolean | null;
  /** How it is spelled in the file, where that differs from a string's own text: `0644`, `1.10`, `True`. */
  readonly spelling: string;
  /** The places of all matches of a pattern in a string's value; takes its index among them. */
  places(pattern: RegExp): (index: number) => Position;
}

export interface SourceList {
  readonly kind: 'list';
  readonly at: Position;
  /** Whether part of it isn't YAML: then an unknown name may come from that part. */
  readonly isBroken: boolean;
  readonly items: readonly SourceNode[];
}

export interface SourceEntry {
  readonly key: string;
  readonly keyAt: Position;
  readonly value: SourceNode;
}

export interface SourceMap {
  readonly kind: 'map';
  readonly at: Position;
  /** Whether something between its braces isn't YAML: then what seems to be missing may stand there. */
  readonly isBroken: boolean;
  readonly entries: readonly SourceEntry[];
}

/** The text of a file, which knows the place of each of its offsets. */
export class SourceText {
  readonly file: string;
  readonly text: string;
  readonly #lineStarts: readonly number[];

  constructor(file: string, text: string) {
    this.file = file;
    this.text = text;
    const starts = [0];
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) starts.push(i + 1);
    this.#lineStarts = starts;
  }

  positionAt(offset: number): Position {
    let low = 0;
    let high = this.#lineStarts.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if ((this.#lineStarts[middle] as number) <= offset) low = middle;
      else high = middle;
    }
    return { file: this.file, line: low + 1, column: offset - (this.#lineStarts[low] as number) + 1 };
  }

  /**
   * The places of all matches of a pattern in a scalar's `value`, which stands between `start` and `end` of the file. Pairs
   * them with the matches in the file; where escapes or folding hide one, the scalar's own place has to do for all.
   */
  places(pattern: RegExp, value: string, start: number, end: number): (index: number) => Position {
    const spelled = [...this.text.slice(start, end).matchAll(pattern)];
    const decoded = [...value.matchAll(pattern)];
    const agree = spelled.length === decoded.length && spelled.every(([text], i) => text === decoded[i]?.[0]);
    return (index) => this.positionAt(start + (agree ? (spelled[index]?.index ?? 0) : 0));
  }
}

const MARKER = new RegExp(`${MARKER_START}|${MARKER_END}`, 'g');

/**
 * Marker text in a source could pass for a placeholder that no `secret:` made: refused wherever it stands.
 * @returns whether there was any
 */
export function refuseMarkers(
  text: string,
  placesOf: (pattern: RegExp) => (index: number) => Position,
  problems: ProblemList,
): boolean {
  const found = [...text.matchAll(MARKER)];
  const place = placesOf(MARKER);
  for (const [i, [marker]] of found.entries()) {
    problems.add(place(i), `the text ${marker} is reserved`, 'refer to a secret as secret:<key>');
  }
  return found.length > 0;
}
