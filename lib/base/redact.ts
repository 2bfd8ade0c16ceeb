import { isUtf8 } from 'node:buffer';

/** Shorter values would redact half of every text; `set` warns about them. */
export const MIN_REDACTED_BYTES = 4;
/** Shorter lines of a longer value are words like `port=1`, which stand in every text. */
const MIN_LINE_BYTES = 8;

const REDACTED = '[secret]';

/** What encoders of URLs leave as it is: RFC 3986 section 2.3, encodeURIComponent, paths, forms, encodeURI. */
const URL_KEPT = [/[\w.~-]/, /[\w.~!'()*-]/, /[\w.~/-]/, /[\w.*-]/, /[\w.~!'()*;,/?:@&=+$#-]/];

/** For each of them, how it spells each byte, in upper-case hexadecimal and in lower. */
const URL_TABLES = URL_KEPT.flatMap((kept) => {
  const upper = Array.from({ length: 256 }, (_, byte) => {
    const char = String.fromCharCode(byte);
    return kept.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  });
  return [upper, upper.map((spelling) => (spelling.length > 1 ? spelling.toLowerCase() : spelling))];
});

/** What stands behind a backslash in a word without quotes: bash's `%q`, Ruby's shellescape. */
const SHELL_ESCAPED = [/[^\w#%+./:=@~\u0080-\uffff-]/g, /[^\w+,./:@\u0080-\uffff-]/g];

/** Replaces every occurrence of the values in use in a text. */
export type Redactor = (text: string) => string;

/**
 * Makes a redactor for the values in use, with and without the white space around them, with the line breaks of Unix and
 * of Windows: raw, hexadecimal, URL-encoded, JSON-escaped, shell-quoted, and base64 in both alphabets at all three
 * alignments; for their lines of eight bytes or more, raw. No spelling has more than six characters per byte. Values
 * shorter than four bytes are left alone; a value that was encoded twice, cut or turned round isn't found.
 */
export function makeRedactor(values: Iterable<Uint8Array>): Redactor {
  // By their first characters, so that a text is read once, however many there are.
  const forms = new Map<string, Set<string>>();
  for (const value of values) {
    for (const form of spellings(value)) {
      if (form.length < MIN_REDACTED_BYTES) continue;
      const start = form.slice(0, MIN_REDACTED_BYTES);
      forms.set(start, (forms.get(start) ?? new Set()).add(form));
    }
  }
  return (text) => {
    let redacted = '';
    let end = 0;
    for (let i = 0; i + MIN_REDACTED_BYTES <= text.length; i++) {
      for (const form of forms.get(text.slice(i, i + MIN_REDACTED_BYTES)) ?? []) {
        if (!text.startsWith(form, i)) continue;
        // Where two overlap they go together: what one leaves of the other would be half a secret.
        if (i >= end) redacted += text.slice(end, i) + REDACTED;
        end = Math.max(end, i + form.length);
      }
    }
    return redacted + text.slice(end);
  };
}

function* spellings(value: Uint8Array): Iterable<string> {
  const whole = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  for (const bytes of copies(whole)) {
    if (bytes.length < MIN_REDACTED_BYTES) continue;
    const hex = bytes.toString('hex');
    yield hex;
    yield hex.toUpperCase();
    yield* base64Cores(bytes);
    yield* urlForms(bytes);
    for (const text of readings(bytes)) {
      yield text;
      yield* backslashForms(text);
      yield text.replaceAll("'", `'\\''`);
      yield text.replaceAll("'", `'"'"'`);
    }
  }
  for (const text of readings(whole)) {
    for (const line of text.split(/[\r\n]+/)) {
      if (Buffer.byteLength(line.trim()) >= MIN_LINE_BYTES) yield line.trim();
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
  return [bytes.toString('utf8').replaceAll(/^\ufffd{1,3}|\ufffd$/g, ''), bytes.toString('latin1')];
}

/** The characters of base64 that depend on the value alone, for each of its three alignments in a longer text. */
function* base64Cores(bytes: Buffer): Iterable<string> {
  for (const lead of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = Math.ceil((lead * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    const core = padded.toString('base64').slice(first, last);
    yield core;
    yield core.replaceAll('+', '-').replaceAll('/', '_');
  }
}

function* urlForms(bytes: Buffer): Iterable<string> {
  for (const table of URL_TABLES) {
    let form = '';
    for (const byte of bytes) form += table[byte];
    yield form;
    yield form.replaceAll('%20', '+');
  }
}

/** Strings of JSON (also in pure ASCII), of JavaScript and `$'…'`, and words of a shell outside and inside `"…"`. */
function* backslashForms(text: string): Iterable<string> {
  const json = JSON.stringify(text).slice(1, -1);
  yield json;
  yield json.replaceAll(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  yield json.replaceAll('\\"', '"').replaceAll("'", "\\'");
  for (const escaped of SHELL_ESCAPED) yield text.replaceAll(escaped, '\\$&');
  yield text.replaceAll(/["$`\\]/g, '\\$&');
}
