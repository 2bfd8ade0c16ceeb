import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Bundles a program of the project into one file that any Node runs: a process that goes through the TypeScript loader
 * takes seconds, and another architecture has none.
 * @param root the project's folder
 */
export async function bundle(
  root: string,
  entry: string,
  outfile: string,
  format: 'esm' | 'cjs' = 'esm',
): Promise<void> {
  const require = "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
  await promisify(execFile)(join(root, 'node_modules/.bin/esbuild'), [
    join(root, entry),
    `--outfile=${outfile}`,
    '--bundle',
    '--platform=node',
    `--format=${format}`,
    '--target=node20',
    ...(format === 'esm' ? [`--banner:js=${require}`] : []),
    '--log-level=error',
  ]);
}
