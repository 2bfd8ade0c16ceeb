import type { Flags } from '../console/flags.js';
import { CliError } from '../errors.js';
import type { CommandContext } from '../host/context.js';
import { bench } from './bench.js';
import { loadEngines } from './engines.js';
import { choosePrimitives } from './primitives.js';
import { formatComparison, formatReport, missingFrom } from './print.js';
import { showProgress } from './progress.js';
import { readReport } from './report.js';
import { QUICK, THOROUGH } from './sampling.js';

/** What `vigocli bench` does with its flags. */
export async function runBench({ json, lines, note, quiet }: CommandContext, flags: Flags): Promise<void> {
  const only = flags.texts('only');
  const primitives = choosePrimitives(only);
  const path = flags.text('compare');
  if (path !== undefined && flags.is('json')) {
    throw new CliError('usage', '--compare prints a table, not JSON', { hint: 'leave one of the two out' });
  }
  // Read first: a minute of measuring later is late for a wrong name.
  const there = path === undefined ? undefined : await readReport(path);

  const sampling = flags.is('quick') ? QUICK : THOROUGH;
  const progress = showProgress(sampling.processes, { quiet });
  const here = await bench({
    engines: await loadEngines(),
    primitives,
    sampling,
    onProgress: progress.onProgress,
  }).finally(progress.end);
  if (here === undefined) return;
  if (flags.is('json')) return json(here);
  const report = there === undefined ? formatReport(here) : formatComparison(here, there);
  lines(report.trimEnd().split('\n'));
  if (there === undefined) return;
  for (const row of missingFrom(here, there)) note(`only here: ${row}`);
  if (only.length > 0) return;
  for (const row of missingFrom(there, here)) note(`only there: ${row}`);
}
