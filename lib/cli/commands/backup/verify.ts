import { systemClock, toHex } from '../../../base/index.js';
import { backupPassphraseOption, identityOption } from '../../backup/locking.js';
import type { BackupReport } from '../../backup/verify.js';
import type { Command } from '../../console/command.js';
import { plural } from '../../console/plural.js';
import { formatTime } from '../../console/table.js';
import { CliError } from '../../errors.js';

export const command: Command = {
  usage: 'backup verify <file>',
  summary: 'Prove that a backup is whole: every secret opens, and its audit log holds; - is stdin',
  options: [backupPassphraseOption, identityOption, { name: 'json', summary: 'Print JSON' }],
  examples: ['backup verify /mnt/usb/vigo.backup', 'backup verify vigo.backup --identity ops.key --json'],
  async run({ openDatabase, json, note, problem, quiet }, [source = ''], flags) {
    const { verifyBackup } = await import('../../backup/verify.js');
    const report = await verifyBackup(source, flags, { openDatabase, quiet });
    const ageMs = Math.max(systemClock.nowMs() - report.about.at, 0);
    if (flags.is('json')) json(toJson(report, ageMs));
    else describe(report, ageMs).forEach(note);
    const [first, ...others] = report.problems;
    if (first === undefined) return;
    if (!flags.is('json')) {
      for (const { path, message } of report.problems) problem(`${path}: ${message}`);
    }
    throw new CliError('backup_damaged', `the backup is not sound: ${others.length + 1} of its parts`, {
      hint: 'it was damaged before it was backed up: what vigocli says of the live home shows whether it still is',
    });
  },
};

function describe({ about, files, trustDomain, log, problems }: BackupReport, ageMs: number): string[] {
  const opens = problems.length === 0 ? ': every one opens' : '';
  return [
    `made ${formatTime(about.at)}, ${describeAge(ageMs)} ago, by ${about.by} on ${about.host}`,
    `${plural(files.secret, 'secret')}, ${plural(files.version, 'kept version')}, ${plural(files['server-key'], 'server key')}${opens}`,
    ...(log?.ok ? [`audit log: ${log.size} entries hold together; tree root ${toHex(log.root)}`] : []),
    ...(trustDomain === undefined ? [] : [`trust domain ${trustDomain}`]),
  ];
}

function toJson({ about, entries, files, trustDomain, log, problems }: BackupReport, ageMs: number) {
  return {
    ok: problems.length === 0,
    made_at: about.at,
    age_ms: ageMs,
    made_by: about.by,
    made_on: about.host,
    vigo: about.vigo,
    entries,
    secrets: files.secret,
    versions: files.version,
    server_keys: files['server-key'],
    trust_domain: trustDomain ?? null,
    audit: log?.ok ? { ok: true, size: log.size, head: toHex(log.head), root: toHex(log.root) } : (log ?? null),
    problems,
  };
}

const UNITS: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
];

/** Like `3 days`, in the largest unit that there is one of. */
export function describeAge(ms: number): string {
  const [unitMs, name] = UNITS.find(([unitMs]) => ms >= unitMs) ?? [1000, 'second'];
  return plural(Math.floor(ms / unitMs), name);
}
