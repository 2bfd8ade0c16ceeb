import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { filesBelow, root } from './source-graph.js';

/** What else writes to a terminal, and why nothing that others wrote is in it. */
const OTHERS = [
  'lib/cli/backup/interruption.ts', // the name of a signal
  'lib/cli/backup/streams.ts', // a backup, which is encrypted
  'lib/cli/bench/progress.ts', // names of primitives
  'lib/cli/main.ts', // to a shell: verbs, options, and names of keys, which have a grammar
  'lib/cli/console/program.ts', // help
  'lib/cli/console/progress.ts', // numbers
];

t.test('what vigocli says goes through the one place that makes it fit for a terminal', async (t) => {
  const writers = filesBelow('lib/cli', '.ts').filter((file) =>
    /\b(toStdout|streamToStdout|toStderr)\b/.test(codeOf(file)),
  );
  t.same(writers.sort(), [...OTHERS, 'lib/cli/console/output.ts'].sort());
});

t.test('stdout is written by the one writer that writes all of it or says so', async (t) => {
  const others = filesBelow('lib', '.ts').filter((file) => /\bprocess\.stdout\b/.test(codeOf(file)));
  t.same(others, []);
});

function codeOf(file: string): string {
  return readFileSync(join(root, file), 'utf8').replaceAll(/^ *\/?\*.*|\/\/.*/gm, '');
}
