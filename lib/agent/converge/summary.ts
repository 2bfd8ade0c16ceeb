import type { ResourceResult } from '../../wire/index.js';

/** How a run went, in a few words: `2 changed, 5 unchanged`. */
export function summary(results: readonly ResourceResult[]): string {
  const counts = new Map<string, number>();
  for (const { outcome } of results) counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  const words = [...counts].sort().map(([outcome, count]) => `${count} ${outcome.replace('_', ' ')}`);
  return words.length === 0 ? 'no resources' : words.join(', ');
}
