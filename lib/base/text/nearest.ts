/**
 * Which of the words somebody most likely meant; undefined where none is near. A third of the word may be wrong, where
 * a letter that is missing, added, replaced, or swapped with its neighbour counts as one.
 */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const other of known) {
    if (Math.abs(other.length - word.length) >= bestDistance) continue;
    const distance = editDistance(word, other);
    if (distance < bestDistance && distance < other.length) [best, bestDistance] = [other, distance];
  }
  return best;
}

/** Damerau-Levenshtein, where no part is edited twice: row by row, of which two earlier ones count. */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = at(last, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(beforeLast, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(replaced, swapped, at(last, j) + 1, at(row, j - 1) + 1));
    }
    [beforeLast, last] = [last, row];
  }
  return at(last, b.length);
}

function at(row: readonly number[], j: number): number {
  return row[j] ?? Number.POSITIVE_INFINITY;
}
