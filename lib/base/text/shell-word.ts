/**
 * Returns a text as one word of a shell's command line (POSIX.1-2024, XCU 2.2): a name that somebody else chose, like
 * `$(id).vgo`, does nothing but be that name where a command is pasted.
 */
export function shellWord(text: string): string {
  if (/^[A-Za-z0-9_/.,:@%+-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", "'\\''")}'`;
}
