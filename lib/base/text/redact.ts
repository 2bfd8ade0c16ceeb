import { isUtf8 } from 'node:buffer';
import { isPlain, seamAt, spelledAt } from './spelled.js';

/** Shorter values would redact half of every text; `set` warns about them. */
export const MIN_REDACTED_BYTES = 4;
/** Shorter lines of a longer value are words like `port=1`, which stand in every text. */
const MIN_LINE_BYTES = 8;
/** The characters by which values are looked up. */
const START_LENGTH = MIN_REDACTED_BYTES;
/** Larger values aren't looked for as a list of decimal numbers, which takes four characters a byte. */
const MAX_LISTED_BYTES = 64 * 1024;

const REDACTED = '[secret]';

/** How many ways to read a text are followed at once. Only runs of backslashes and quotes have more than two. */
const MAX_READINGS = 16;
/** How much is read between two characters that stands for none: an indented line, the padding of UTF-32. */
const MAX_SKIPPED = 64;
/** The characters that are looked at for each one of a text, and for a short one. Only values that repeat themselves take more. */
const MAX_STEPS_PER_CHAR = 200;
const MIN_STEPS = 20_000_000;

/** Replaces every occurrence of the values in use in a text. */
export type Redactor = (text: string) => string;

/**
 * Makes a redactor for the values in use, with and without the white space around them, with the line breaks of Unix and
 * of Windows, and for their lines of eight bytes or more. Each character of a value may be spelled in any of the ways that
 * `spelledAt` knows, and in UTF-16 and UTF-32. Besides, values are found in hexadecimal, in base64 in both alphabets at all
 * three alignments, also broken over lines, and as a list of decimal bytes. Values shorter than four bytes are left alone; one
 * that was compressed, cut or turned round isn't found. A text that would take too long is replaced as a whole.
 */
export function makeRedactor(values: Iterable<Uint8Array>): Redactor {
  const searches = { text: new Search(TEXT), base64: new Search(BASE64), digits: new Search(DIGITS) };
  for (const value of values) addForms(value, searches);
  const all = Object.values(searches).filter((search) => !search.isEmpty);
  return (text) => {
    const budget = { steps: Math.max(MIN_STEPS, MAX_STEPS_PER_CHAR * text.length) };
    const found = all.flatMap((search) => search.find(text, budget));
    if (budget.steps < 0) return REDACTED;
    let redacted = '';
    let end = 0;
    for (const range of found.sort((a, b) => a.start - b.start)) {
      // Where two overlap they go together: what one leaves of the other would be half a secret.
      if (range.start >= end) redacted += text.slice(end, range.start) + REDACTED;
      end = Math.max(end, range.end);
    }
    return redacted + text.slice(end);
  };
}

/** How texts are compared: with their case and alphabet made one, and past what stands between characters. */
interface Comparison {
  readonly fold: (text: string) => string;
  readonly isSkipped: (code: number) => boolean;
  /** Where something else ends that stands for no character. */
  readonly seam: (text: string, at: number) => number | undefined;
}

/** NUL is skipped because ASCII in UTF-16 and UTF-32 is padded with it, CR because only some systems write it. */
const TEXT: Comparison = { fold: (text) => text, isSkipped: (code) => code === 0 || code === 0x0d, seam: seamAt };

const isSpace = (code: number) => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0;

const BASE64: Comparison = {
  fold: (text) => text.replaceAll('-', '+').replaceAll('_', '/'),
  isSkipped: isSpace,
  seam: () => undefined,
};

/** Between bytes stand blanks, colons, dashes or commas, and in front of them `0x` or `\\x`. */
const DIGITS: Comparison = {
  fold: (text) => text.replaceAll(/[A-F]/g, (char) => char.toLowerCase()),
  isSkipped: (code) => isSpace(code) || code === 0x3a || code === 0x2c || code === 0x2d,
  seam: (text, at) => (text[at + 1] === 'x' && (text[at] === '0' || text[at] === '\\') ? at + 2 : undefined),
};

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The forms that are looked for in texts under one comparison. */
class Search {
  readonly #comparison: Comparison;
  readonly #forms = new Map<string, Set<string>>();
  /** The beginnings of `#forms`' keys. */
  readonly #starts = new Set<string>();

  constructor(comparison: Comparison) {
    this.#comparison = comparison;
  }

  get isEmpty(): boolean {
    return this.#forms.size === 0;
  }

  add(form: string): void {
    const { isSkipped } = this.#comparison;
    const folded = this.#comparison.fold(form);
    const read = [...folded].filter((char) => !isSkipped(char.codePointAt(0) ?? 0));
    // What holds hardly anything else is looked for as it is.
    const chars = read.length < START_LENGTH ? [...folded] : read;
    if (chars.length < START_LENGTH) return;
    const start = chars.slice(0, START_LENGTH);
    const key = start.join('');
    for (let length = 1; length < START_LENGTH; length++) this.#starts.add(start.slice(0, length).join(''));
    this.#forms.set(
      key,
      (this.#forms.get(key) ?? new Set()).add(chars.length === folded.length ? folded : chars.join('')),
    );
  }

  find(text: string, budget: { steps: number }): Range[] {
    const folded = this.#comparison.fold(text);
    const found: Range[] = [];
    for (let start = 0; start < folded.length && budget.steps >= 0; start++) {
      budget.steps--;
      const char = folded[start] ?? '';
      if (isPlain(char) && !isHighSurrogate(folded, start) && !this.#starts.has(char)) continue;
      let end = 0;
      for (const [key, ends] of this.#startsAt(folded, start, budget)) {
        for (const form of this.#forms.get(key) ?? []) {
          if (form.length - key.length > folded.length - start) continue;
          end = Math.max(end, this.#endOf(form, key.length, folded, ends, budget));
        }
      }
      if (end > 0) found.push({ start, end });
    }
    return found;
  }

  /** What the next four characters may be, where a form begins with them, and where they end. */
  #startsAt(text: string, at: number, budget: { steps: number }): Map<string, readonly number[]> {
    let paths = new Map<string, readonly number[]>([['', [at]]]);
    for (let length = 1; length <= START_LENGTH; length++) {
      const next = new Map<string, readonly number[]>();
      const known = length === START_LENGTH ? this.#forms : this.#starts;
      for (const [start, ends] of paths) {
        for (const { code, end } of this.#read(text, ends, length > 1, budget)) {
          if (code > 0x10ffff) continue;
          const longer = start + String.fromCodePoint(code);
          if (!known.has(longer)) continue;
          const others = next.get(longer) ?? [];
          if (!others.includes(end) && others.length < MAX_READINGS) next.set(longer, [...others, end]);
        }
      }
      if (next.size === 0) return next;
      paths = next;
    }
    return paths;
  }

  /** @returns where the rest of a form ends at the latest, 0 where it doesn't stand there */
  #endOf(form: string, from: number, text: string, starts: readonly number[], budget: { steps: number }): number {
    let places = starts;
    for (let i = from; i < form.length; ) {
      if (budget.steps-- < 0) return 0;
      const code = form.codePointAt(i) ?? 0;
      i += code > 0xffff ? 2 : 1;
      const [place = 0] = places;
      const char = text[place] ?? '';
      if (places.length === 1 && isPlain(char) && char.charCodeAt(0) === code && char !== '0') {
        places = [place + 1];
        continue;
      }
      const next: number[] = [];
      for (const { code: read, end } of this.#read(text, places, true, budget)) {
        if (read === code && !next.includes(end) && next.length < MAX_READINGS) next.push(end);
      }
      if (next.length === 0) return 0;
      places = next;
    }
    return Math.max(...places);
  }

  /** The characters that may be read at some places, past what is skipped in front of them. */
  *#read(text: string, places: readonly number[], skips: boolean, budget: { steps: number }) {
    const { isSkipped, seam } = this.#comparison;
    const open = [...places];
    const seen = new Set(open);
    const skipTo = (end: number | undefined) => {
      if (end === undefined || !skips || seen.has(end) || seen.size > MAX_SKIPPED) return;
      seen.add(end);
      open.push(end);
    };
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      budget.steps--;
      const code = text.codePointAt(at);
      if (code === undefined) continue;
      const raw = { code, end: at + (code > 0xffff ? 2 : 1) };
      for (const spelled of isPlain(text[at] ?? '') ? [raw] : [raw, ...spelledAt(text, at)]) {
        yield spelled;
        if (isSkipped(spelled.code)) skipTo(spelled.end);
      }
      skipTo(seam(text, at));
    }
  }
}

function isHighSurrogate(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit >= 0xd800 && unit < 0xdc00;
}

function addForms(value: Uint8Array, { text, base64, digits }: Record<'text' | 'base64' | 'digits', Search>): void {
  const whole = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  for (const bytes of copies(whole)) {
    if (bytes.length < MIN_REDACTED_BYTES) continue;
    digits.add(bytes.toString('hex'));
    if (bytes.length <= MAX_LISTED_BYTES) digits.add(bytes.join(','));
    for (const core of base64Cores(bytes)) base64.add(core);
    for (const reading of readings(bytes)) text.add(reading);
  }
  for (const reading of readings(whole)) {
    for (const line of reading.split(/[\r\n]+/)) {
      if (Buffer.byteLength(line.trim()) >= MIN_LINE_BYTES) text.add(line.trim());
    }
  }
}

/** A text as it is passed on: a shell's $(…) drops the last line break, terminals and Windows have line breaks of their own. */
function copies(whole: Buffer): readonly Buffer[] {
  if (!isUtf8(whole)) return [whole];
  const text = whole.toString('utf8');
  const unix = text.trim().replaceAll('\r\n', '\n');
  return [...new Set([text, text.trim(), unix, unix.replaceAll('\n', '\r\n')])].map((copy) => Buffer.from(copy));
}

/** Bytes as a program shows them. Of a character that is cut, what stands beside the value may make another one. */
function readings(bytes: Buffer): readonly string[] {
  const texts = [withoutCuts(bytes.toString('utf8'))];
  if (bytes.every((byte) => byte < 0x80)) return texts;
  texts.push(bytes.toString('latin1'));
  if (!isUtf8(bytes)) return texts;
  // UTF-16 as it looks to somebody who takes it for UTF-8.
  const utf16 = Buffer.from(bytes.toString('utf8'), 'utf16le');
  for (const wide of [utf16, Buffer.from(utf16).swap16()]) texts.push(withoutCuts(wide.toString('utf8')));
  return texts;
}

function withoutCuts(text: string): string {
  return text.replaceAll(/^\ufffd{1,3}|\ufffd$/g, '');
}

/** The characters of base64 that depend on the value alone, for each of its three alignments in a longer text. */
function* base64Cores(bytes: Buffer): Iterable<string> {
  for (const lead of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = Math.ceil((lead * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    yield padded.toString('base64').slice(first, last);
  }
}
