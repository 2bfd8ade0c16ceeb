/**
 * Returns a text that others wrote, fit for a terminal and for one line: spells out what would move the cursor, change
 * colours, hide letters or turn the direction of writing.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\n') return '\\n';
    return `\\u{${char.codePointAt(0)?.toString(16)}}`;
  });
}
