import { namedCharacter } from './named-characters.js';

/** A character as a program may have spelled it: which one, and where its spelling ends. */
export interface Spelled {
  /** A code point, or a byte. */
  readonly code: number;
  readonly end: number;
}

const [NUL, LINE_BREAK, SPACE, BACKSLASH] = [0, 0x0a, 0x20, 0x5c];
/** Escapes may be escaped again, as in JSON within JSON: so many backslashes in a row are looked at. */
const MAX_BACKSLASHES = 16;

/** What may begin a spelling of more than one character. */
const SPELLING_STARTS = new Set('\\%=&\'"+$`{}]#^');

/** Letters behind a backslash in JSON, C, Go, Python, YAML, bash. */
const ESCAPED_LETTERS: Readonly<Record<string, number>> = {
  ...{ 0: NUL, a: 0x07, b: 0x08, t: 0x09, n: LINE_BREAK, v: 0x0b, f: 0x0c, r: 0x0d, e: 0x1b, E: 0x1b },
  ...{ s: SPACE, N: 0x85, _: 0xa0, L: 0x2028, P: 0x2029 },
};

/** Whether the character at a place stands for itself only. */
export function isPlain(char: string): boolean {
  return !SPELLING_STARTS.has(char);
}

/**
 * Every way to read the one character that is spelled at a place, but for the character itself: the escapes of JSON,
 * JavaScript, C, Go, Python, YAML and shells, URLs, quoted-printable, XML and HTML, and what SQL, CSV, YAML and templates double.
 */
export function spelledAt(text: string, at: number): readonly Spelled[] {
  const char = text[at] ?? '';
  const found: Spelled[] = [];
  if (text[at + 1] === char) found.push({ code: char.charCodeAt(0), end: at + 2 });
  switch (char) {
    case '\\':
      addEscapes(text, at, found);
      break;
    case '%':
      addUnits(text, at, found);
      addBytes(text, at, found);
      break;
    case '=':
      addBytes(text, at, found);
      break;
    case '&':
      addReference(text, at, found);
      break;
    case '+':
      found.push({ code: SPACE, end: at + 1 });
      break;
    case "'":
      addQuote(text, at, found);
      break;
    case '^': // cat -v
      if (/[?-_]/.test(text[at + 1] ?? '')) found.push({ code: text.charCodeAt(at + 1) ^ 0x40, end: at + 2 });
      break;
  }
  return found;
}

/** Where something ends that stands between two characters and for none: a soft line break, quotes that end and begin. */
export function seamAt(text: string, at: number): number | undefined {
  if (text[at] === '=') return text[at + 1] === '\n' ? at + 2 : text.startsWith('\r\n', at + 1) ? at + 3 : undefined;
  if (text[at] !== "'") return undefined;
  return text.startsWith("'$'", at) ? at + 3 : text[at + 1] === "'" ? at + 2 : undefined;
}

function addEscapes(text: string, at: number, found: Spelled[]): void {
  let end = at;
  while (text[end] === '\\' && end < at + MAX_BACKSLASHES) end++;
  for (const count of [4, 8, 16]) if (end - at >= count) found.push({ code: BACKSLASH, end: at + count });
  addUnits(text, at, found);
  addBytes(text, at, found);
  const next = text[end];
  if (next === undefined) return;
  const letter = ESCAPED_LETTERS[next];
  if (letter !== undefined) found.push({ code: letter, end: end + 1 });
  if (!/[A-Za-z0-9]/.test(next)) {
    const code = text.codePointAt(end) ?? 0;
    found.push({ code, end: end + (code > 0xffff ? 2 : 1) });
  }
}

/** `\uXXXX`, two of them for a character beyond 16 bits, `\UXXXXXXXX`, `\u{…}`, `\x{…}`, `%uXXXX`. */
function addUnits(text: string, at: number, found: Spelled[]): void {
  const first = unitAt(text, at);
  if (first === undefined) return;
  found.push(first);
  const second = first.code >= 0xd800 && first.code < 0xdc00 ? unitAt(text, first.end) : undefined;
  if (second === undefined || second.code < 0xdc00 || second.code > 0xdfff) return;
  found.push({ code: 0x10000 + ((first.code - 0xd800) << 10) + (second.code - 0xdc00), end: second.end });
}

const UNITS = [
  /\\{1,16}U([0-9A-Fa-f]{8})/y,
  /(?:\\{1,16}u|%(?:25){0,3}u)([0-9a-f]{4})/iy,
  /\\{1,16}[ux]\{0{0,4}([0-9a-f]{1,6})\}/iy,
];

function unitAt(text: string, at: number): Spelled | undefined {
  for (const pattern of UNITS) {
    pattern.lastIndex = at;
    const code = pattern.exec(text)?.[1];
    if (code !== undefined) return { code: Number.parseInt(code, 16), end: pattern.lastIndex };
  }
  return undefined;
}

/** A byte, which may be a character by itself (Latin-1), and those that follow in UTF-8. */
function addBytes(text: string, at: number, found: Spelled[]): void {
  for (const first of bytesAt(text, at)) {
    found.push(first);
    const more = first.code >= 0xf0 ? 3 : first.code >= 0xe0 ? 2 : first.code >= 0xc2 ? 1 : 0;
    let code = first.code & (0x3f >> more);
    let { end } = first;
    for (let i = 0; i < more; i++) {
      const next = bytesAt(text, end).find((each) => (each.code & 0xc0) === 0x80);
      if (next === undefined) break;
      code = (code << 6) | (next.code & 0x3f);
      end = next.end;
      if (i === more - 1) found.push({ code, end });
    }
  }
}

/** In every depth: behind `%25` of a value that has a `%` itself may stand what looks like one more escape. */
const BYTES = [
  /(?:\\{1,16}x|%|=)([0-9a-f]{2})/iy, // C, Python, URLs, quoted-printable
  ...[1, 2, 3].map((depth) => new RegExp(`%(?:25){${depth}}([0-9a-f]{2})`, 'iy')),
  /\\{1,16}([0-9a-f]{2})/iy, // LDAP
];
const OCTAL = /\\{1,16}([0-3]?[0-7]{1,2})/y;

function bytesAt(text: string, at: number): Spelled[] {
  const found: Spelled[] = [];
  for (const pattern of BYTES) {
    pattern.lastIndex = at;
    const hex = pattern.exec(text)?.[1];
    if (hex !== undefined) found.push({ code: Number.parseInt(hex, 16), end: pattern.lastIndex });
  }
  OCTAL.lastIndex = at;
  const octal = OCTAL.exec(text)?.[1];
  if (octal !== undefined) found.push({ code: Number.parseInt(octal, 8), end: OCTAL.lastIndex });
  return found;
}

/** In every depth, as above. */
const REFERENCES = [0, 1, 2, 3, 4].map(
  (depth) =>
    new RegExp(`&(?:amp;){${depth}}(?:#0{0,8}([0-9]{1,7});?|#x0{0,8}([0-9a-f]{1,6});?|([a-z][a-z0-9]{1,9});)`, 'iy'),
);

function addReference(text: string, at: number, found: Spelled[]): void {
  for (const pattern of REFERENCES) {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match === null) continue;
    const [, decimal, hex, name] = match;
    const code =
      name === undefined
        ? Number.parseInt(decimal ?? hex ?? '', decimal === undefined ? 16 : 10)
        : namedCharacter(name);
    if (code !== undefined) found.push({ code, end: pattern.lastIndex });
  }
}

/** A single quote within single quotes, as shells take it: `'\''`, `'"'"'`; also in a text of JSON. */
const QUOTE = /'(?:\\{1,16}''|\\{0,15}"'\\{0,15}"')/y;

function addQuote(text: string, at: number, found: Spelled[]): void {
  QUOTE.lastIndex = at;
  if (QUOTE.test(text)) found.push({ code: 0x27, end: QUOTE.lastIndex });
}
