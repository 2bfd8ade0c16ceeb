/** The words of one simple command; a redirection's `>` or `<` is a word of its own. */
export type SimpleCommand = readonly string[];

/**
 * Takes a shell script apart into its simple commands, about as `sh` would: quotes and comments are understood,
 * substitutions count as commands of their own, nothing is expanded.
 */
export function simpleCommands(script: string): readonly SimpleCommand[] {
  const commands: SimpleCommand[] = [];
  let words: string[] = [];
  let word: string | undefined;
  let quote: string | undefined;
  const endWord = () => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = () => {
    endWord();
    if (words.length > 0) commands.push(words);
    words = [];
  };
  for (let i = 0; i < script.length; i++) {
    const char = script.charAt(i);
    if (char === '\\' && quote !== "'") {
      const next = script.charAt(++i);
      if (next !== '\n') word = (word ?? '') + next;
    } else if (quote === undefined ? char === '"' || char === "'" : char === quote) {
      quote = quote === undefined ? char : undefined;
      word ??= '';
    } else if (quote !== "'" && (char === '`' || (char === '(' && script.charAt(i - 1) === '$'))) {
      endCommand();
    } else if (quote !== undefined) {
      word = (word ?? '') + char;
    } else if (char === '#' && word === undefined) {
      i = script.indexOf('\n', i);
      if (i < 0) break;
      endCommand();
    } else if (/[;&|()\n]/.test(char)) {
      endCommand();
    } else if (char === '<' || char === '>') {
      endWord();
      words.push(char);
    } else if (/\s/.test(char)) {
      endWord();
    } else {
      word = (word ?? '') + char;
    }
  }
  endCommand();
  return commands;
}
