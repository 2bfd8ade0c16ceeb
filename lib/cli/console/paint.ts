/** What a word says, and so how it looks where there are colours. */
export type Tone = 'ok' | 'warn' | 'fail' | 'heading';

/** Gives the text in the look of its tone, or as it is where there are no colours. */
export type Paint = (tone: Tone, text: string) => string;

/** The eight colours that every terminal has, in the shades that its owner chose. */
const SGR: Readonly<Record<Tone, number>> = { ok: 32, warn: 33, fail: 31, heading: 1 };

/**
 * Colours are for a person at a terminal: none in a pipe or a file, none for a terminal that has none (`TERM` unset or
 * `dumb`), and none for whoever wants none (`NO_COLOR`, https://no-color.org). Meaning never hangs on a colour alone.
 */
export function paintFor({ isTTY = false }: { isTTY?: boolean }, env: NodeJS.ProcessEnv): Paint {
  if (!isTTY || env.NO_COLOR || !env.TERM || env.TERM === 'dumb') return plain;
  return (tone, text) => `\x1b[${SGR[tone]}m${text}\x1b[m`;
}

export const plain: Paint = (_, text) => text;
