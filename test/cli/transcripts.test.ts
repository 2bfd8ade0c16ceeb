import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { Shell } from './shell.js';
import { formatStep, formatTranscript, parseTranscript, type Step } from './transcript.js';

const FOLDER = fileURLToPath(new URL('./transcripts/', import.meta.url));

/** `TRANSCRIPTS=write` puts down what the programs say now, for a person to read before it is committed. */
const WRITE = process.env.TRANSCRIPTS === 'write';

t.jobs = 3;

for (const file of readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))) {
  const { title, given, steps } = parseTranscript(readFileSync(FOLDER + file, 'utf8'));
  t.test(`${file} ${title[0]}`, { buffered: true }, async (t) => {
    const shell = new Shell(t);
    await shell.prepare(given);
    const actual: Step[] = [];
    for (const step of steps) {
      const before = shell.fingerprint();
      const run = await shell.run(step.command);
      actual.push(run);
      if (!WRITE) t.equal(formatStep(run), formatStep(step), step.command);
      // Bad input changes nothing (N2).
      if (run.code !== 0) t.equal(shell.fingerprint(), before, `${step.command} changed nothing`);
    }
    if (WRITE) writeFileSync(FOLDER + file, formatTranscript({ title, given, steps: actual }));
  });
}
