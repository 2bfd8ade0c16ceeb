/** What a server knows of an envoy's generations; 0 stands for none. */
export interface GenerationLine {
  /** The newest one that was handed out. */
  readonly issued: number;
  /** The newest one that came back, by which the envoy has shown that it is stored. */
  readonly quoted: number;
}

export type GenerationVerdict =
  | 'newest' // the one that was handed out last
  | 'behind' // the newest never came back: its answer was lost, or the envoy crashed before it was stored
  | 'ahead' // handed out by this server and forgotten by its database: that was restored, or not written before a crash
  | 'forked'; // a state that is over: two machines are this envoy, or one went back to an earlier state

export const NO_GENERATIONS: GenerationLine = { issued: 0, quoted: 0 };

/** @param quoted the counter of a generation whose MAC is right; 0 where the envoy quotes none. */
export function judgeGeneration({ issued, quoted: confirmed }: GenerationLine, quoted: number): GenerationVerdict {
  if (quoted === issued) return 'newest';
  if (quoted > issued) return 'ahead';
  // One in between was given up when the one before it came back: somebody stored it who is not the one that came back.
  return quoted === confirmed ? 'behind' : 'forked';
}

/** The line after something was quoted that doesn't fork it. */
export function confirmGeneration({ issued }: GenerationLine, quoted: number): GenerationLine {
  return { issued: Math.max(issued, quoted), quoted };
}

/**
 * The line with its next generation handed out: the time in ms at least. So the numbers rise over a restored database
 * as well, none stands for two states of an envoy, and each says when it was handed out.
 */
export function nextGeneration({ issued, quoted }: GenerationLine, nowMs: number): GenerationLine {
  return { issued: Math.max(issued + 1, nowMs), quoted };
}
