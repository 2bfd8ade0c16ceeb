/** A path or another value as a word of a setting in a systemd unit (systemd.syntax(7)). */
export function unitWord(text: string): string {
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('%', '%%');
  return /[\s"'\\;]/.test(text) ? `"${escaped}"` : escaped;
}

/** A command line in a unit, where `$` begins a variable (systemd.service(5)). */
export function unitCommand(words: readonly string[]): string {
  return words.map((word) => unitWord(word).replaceAll('$', () => '$$')).join(' ');
}
