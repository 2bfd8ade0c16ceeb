import { isKeyName, type KeyName, MARKER_END, MARKER_START } from '../../base/index.js';

/** A piece of a string that holds placeholders: plain text, or the key that a placeholder stands for. */
export type Piece = { readonly text: string } | { readonly key: KeyName };

/** What stands in the config for a secret's value, from the load to the moment before an executor runs (D1). */
export function placeholder(key: KeyName): string {
  return `${MARKER_START}${key}${MARKER_END}`;
}

/**
 * Splits a string at its placeholders.
 * @returns undefined where marker text stands anywhere but around a key. Markers that overlap count too: otherwise
 * `…__END_VIGO_SECRET` before `__END_VIGO_SECRET__` could be read as another key than the one that was written.
 */
export function splitPlaceholders(text: string): readonly Piece[] | undefined {
  const starts = occurrences(text, MARKER_START);
  const ends = occurrences(text, MARKER_END);
  if (starts.length !== ends.length) return undefined;
  const pieces: Piece[] = [];
  let offset = 0;
  for (const [i, start] of starts.entries()) {
    const end = ends[i];
    if (end === undefined || start < offset) return undefined;
    const key = text.slice(start + MARKER_START.length, Math.max(end, start));
    if (!isKeyName(key)) return undefined;
    if (start > offset) pieces.push({ text: text.slice(offset, start) });
    pieces.push({ key });
    offset = end + MARKER_END.length;
  }
  if (offset < text.length) pieces.push({ text: text.slice(offset) });
  return pieces;
}

/** The keys of a string's placeholders, in order; none where its markers are out of order. */
export function placeholderKeys(text: string): readonly KeyName[] {
  return (splitPlaceholders(text) ?? []).flatMap((piece) => ('key' in piece ? [piece.key] : []));
}

export function holdsMarker(text: string): boolean {
  return text.includes(MARKER_START) || text.includes(MARKER_END);
}

function occurrences(text: string, marker: string): readonly number[] {
  const found: number[] = [];
  for (let i = text.indexOf(marker); i >= 0; i = text.indexOf(marker, i + 1)) found.push(i);
  return found;
}
