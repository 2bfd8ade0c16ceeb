import type { DamagedVersion, GoneVersions, SecretVersion } from '../../../vault/index.js';
import type { Command } from '../../console/command.js';
import { readKeyName } from '../../console/from-command-line.js';
import { formatTime } from '../../console/table.js';

export const command: Command = {
  usage: 'secrets history <key>',
  summary: 'List the versions of a secret: when, of which kind, by whom; never values',
  options: [{ name: 'json', summary: 'Print JSON' }],
  examples: ['secrets history vigo/db/dsn', 'secrets history vigo/db/dsn --json'],
  otherNames: ['log', 'versions'],
  async run({ vault, json, table, note }, [name = ''], flags) {
    const key = readKeyName(name);
    const { versions, gone } = await (await vault()).history(key);
    if (flags.is('json')) {
      return json({ key, versions: versions.map(toJson), ...(gone === undefined ? {} : { gone: goneToJson(gone) }) });
    }
    table(['VERSION', 'WHEN', 'KIND', 'BY', ''], versions.map(toRow));
    if (gone !== undefined) note(describeGone(gone));
    if (versions.length > 0 && !versions.some(isCurrent)) {
      note(`${key} is deleted; the newest version comes back with: vigocli secrets rollback ${key}`);
    }
  },
};

type Version = SecretVersion | DamagedVersion;

function isCurrent(version: Version): boolean {
  return 'problem' in version || version.current;
}

function toRow(version: Version): string[] {
  if ('problem' in version) return [String(version.version), '', '', '', version.problem];
  const { current, createdMs, kind, by, expiresMs, restoredFrom, deletedMs } = version;
  const remarks = [
    current ? 'current' : undefined,
    restoredFrom === undefined ? undefined : `as version ${restoredFrom}`,
    expiresMs === undefined ? undefined : `expires ${formatTime(expiresMs)}`,
    deletedMs === undefined ? undefined : `deleted ${formatTime(deletedMs)}`,
  ];
  return [String(version.version), formatTime(createdMs), kind, by, remarks.filter(Boolean).join(', ')];
}

function toJson(version: Version) {
  if ('problem' in version) return version;
  const { current, createdMs, kind, by, expiresMs, restoredFrom, deletedMs } = version;
  return {
    version: version.version,
    current,
    created_at: createdMs,
    kind,
    by,
    ...(expiresMs === undefined ? {} : { expires_at: expiresMs }),
    ...(restoredFrom === undefined ? {} : { restored_from: restoredFrom }),
    ...(deletedMs === undefined ? {} : { deleted_at: deletedMs }),
  };
}

function goneToJson({ version, atMs, by, movedTo }: GoneVersions) {
  return { up_to: version, at: atMs, by, ...(movedTo === undefined ? {} : { moved_to: movedTo }) };
}

function describeGone({ version, atMs, by, movedTo }: GoneVersions): string {
  const what = version === 1 ? 'version 1' : `versions 1 to ${version}`;
  const where = movedTo === undefined ? 'purged' : `moved to ${movedTo}`;
  return `${what}: ${where} at ${formatTime(atMs)} by ${by}`;
}
