import { readFileSync } from 'node:fs';

/** The vectors of a file below test/vectors/crypto, which names its source. */
export function readVectors<T>(name: string): T {
  const url = new URL(`../vectors/crypto/${name}.json`, import.meta.url);
  return (JSON.parse(readFileSync(url, 'utf8')) as { vectors: T }).vectors;
}
