/**
 * A text that others wrote, fit for a terminal: what would move the cursor, change colours or turn the direction of
 * writing is spelled out, so that no machine can make its report look like something else.
 */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (char) => {
    if (char === '\n') return '\\n';
    return `\\u{${char.codePointAt(0)?.toString(16)}}`;
  });
}
