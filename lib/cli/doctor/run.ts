import { systemClock } from '../../base/index.js';
import { type Places, placesIn, type WrittenSettings } from '../../settings/index.js';
import { vaultLayout } from '../../vault/index.js';
import type { Flags } from '../console/flags.js';
import { plural } from '../console/plural.js';
import { Progress } from '../console/progress.js';
import { CliError } from '../errors.js';
import type { CommandContext } from '../host/context.js';
import { type Check, runCheck } from './check.js';
import { checks } from './checks.js';
import { type Finding, fail } from './finding.js';
import { countStatuses, describeFindings, type ReportLine } from './report.js';
import { Subject } from './subject.js';

/** Says so, and asks of the host alone, before there is a vault. */
const noVault: Check = {
  name: 'vault',
  needsVault: false,
  run: async ({ layout }) => [fail(`there is no vault in ${layout.secretsDir} yet`, 'run: vigocli secrets init')],
};

/**
 * Asks every check, or those that are named, and prints what each finds as it comes.
 * @throws CliError `unhealthy` where one fails, with `--strict` also where one warns; `usage`
 */
export async function runDoctor(context: CommandContext, flags: Flags): Promise<void> {
  const chosen = chooseChecks(flags.texts('only'));
  const json = flags.is('json');
  const progress = new Progress(context);
  const { home } = context;
  const { settings, places, unknown } = await findPlaces(context);
  const { secretsDir, keyFile } = places;
  const subject = new Subject({
    home,
    settings,
    places,
    layout: vaultLayout({ secretsDir, keyFile, keysDir: home.keys }),
    clock: systemClock,
    onProgress: (done, total) => progress.update(done, total),
  });
  const obstacle = unknown ?? ((await subject.hasVault()) ? undefined : noVault);
  const asked = obstacle === undefined ? chosen : [obstacle, ...chosen.filter(({ needsVault }) => !needsVault)];
  const width = Math.max(...asked.map(({ name }) => name.length));
  const lines: ReportLine[] = [];
  try {
    for (const check of asked) {
      const findings = pointBack(await runCheck(check, subject), lines);
      progress.end();
      lines.push(...findings.map((finding) => ({ check: check.name, ...finding })));
      if (!json) for (const cells of describeFindings(check.name, findings, width)) context.line(...cells);
    }
  } finally {
    await subject.close();
  }
  const count = countStatuses(lines);
  if (json) context.json({ ...count, findings: lines });
  conclude(count, { strict: flags.is('strict') });
}

/** Where `server.yaml` doesn't say what lies where, `unknown` says why, and only the host itself can be asked. */
async function findPlaces(
  context: CommandContext,
): Promise<{ settings?: WrittenSettings | undefined; places: Places; unknown?: Check }> {
  try {
    return { settings: await context.settings(), places: await context.places() };
  } catch (error) {
    const unknown: Check = { name: 'settings', needsVault: false, run: () => Promise.reject(error) };
    return { places: placesIn(context.home, () => undefined), unknown };
  }
}

/** What keeps several checks from looking, like a master key that is lost, is told once. */
function pointBack(findings: readonly Finding[], earlier: readonly ReportLine[]): Finding[] {
  return findings.map((finding) => {
    const told = earlier.find(({ message }) => message === finding.message);
    return told === undefined ? finding : { status: finding.status, message: `not looked at: see ${told.check}` };
  });
}

function chooseChecks(names: readonly string[]): readonly Check[] {
  const unknown = names.find((name) => !checks.some((check) => check.name === name));
  if (unknown !== undefined) {
    const hint = `there is ${checks.map(({ name }) => name).join(', ')}`;
    throw new CliError('usage', `there is no check ${JSON.stringify(unknown)}`, { hint });
  }
  return names.length === 0 ? checks : checks.filter(({ name }) => names.includes(name));
}

function conclude({ warn, fail }: { warn: number; fail: number }, { strict }: { strict: boolean }): void {
  if (fail === 0 && !(strict && warn > 0)) return;
  throw new CliError('unhealthy', `${plural(fail, 'failure')} and ${plural(warn, 'warning')}`);
}
