/** Shorter values would redact half of every text; `set` warns about them. */
export const MIN_REDACTED_BYTES = 4;

const REDACTED = '[secret]';

/** Replaces every occurrence of the values in use in a text. */
export type Redactor = (text: string) => string;

/**
 * Makes a redactor for the values in use: raw, hexadecimal, URL-encoded, JSON-escaped, shell-quoted, and base64 in
 * both alphabets at all three alignments. Values shorter than four bytes are left alone.
 */
export function makeRedactor(values: Iterable<Uint8Array>): Redactor {
  const forms = new Set<string>();
  for (const value of values) {
    if (value.length >= MIN_REDACTED_BYTES) for (const form of spellings(value)) forms.add(form);
  }
  if (forms.size === 0) return (text) => text;
  // Longest first, so that a value that holds another one disappears whole.
  const ordered = [...forms].sort((a, b) => b.length - a.length).map(escapeRegExp);
  const pattern = new RegExp(ordered.join('|'), 'g');
  return (text) => text.replace(pattern, REDACTED);
}

function* spellings(value: Uint8Array): Iterable<string> {
  const bytes = Buffer.from(value.buffer, value.byteOffset, value.byteLength);
  const hex = bytes.toString('hex');
  yield hex;
  yield hex.toUpperCase();
  yield* base64Cores(bytes);

  const text = bytes.toString('utf8');
  for (const raw of new Set([text, text.trim(), bytes.toString('latin1')])) {
    if (raw.length < MIN_REDACTED_BYTES) continue;
    yield raw;
    yield JSON.stringify(raw).slice(1, -1);
    yield raw.replaceAll("'", `'\\''`);
    yield raw.replaceAll(/[^A-Za-z0-9_@%+=:,./-]/g, '\\$&');
    if (raw.isWellFormed()) {
      yield encodeURIComponent(raw);
      yield encodeURIComponent(raw).replaceAll('%20', '+');
    }
  }
}

/** The characters of base64 that depend on the value alone, for each of its three alignments in a longer text. */
function* base64Cores(bytes: Buffer): Iterable<string> {
  for (const lead of [0, 1, 2]) {
    const padded = Buffer.concat([Buffer.alloc(lead), bytes]);
    const first = Math.ceil((lead * 8) / 6);
    const last = Math.floor((padded.length * 8) / 6);
    const core = padded.toString('base64').slice(first, last);
    if (core.length < MIN_REDACTED_BYTES) continue;
    yield core;
    yield core.replaceAll('+', '-').replaceAll('/', '_');
  }
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
