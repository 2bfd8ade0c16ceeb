/** Marks that are drawn over the character before them, and characters that take no room at all. */
const NO_COLUMN = /[\p{Mn}\p{Me}\p{Cf}]/u;
/** What a terminal draws two columns wide: East Asian wide and fullwidth characters (UAX #11), and emoji. */
const TWO_COLUMNS =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18df2}\u{1aff0}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;

/** Returns how many columns of a terminal a text takes that holds no control character. */
export function displayWidth(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII, which is nearly every text
  if (/^[\x00-\x7f]*$/.test(text)) return text.length;
  let width = 0;
  for (const char of text) if (!NO_COLUMN.test(char)) width += TWO_COLUMNS.test(char) ? 2 : 1;
  return width;
}
