import { systemClock } from '../../base/index.js';
import type { ListedSecret } from '../../vault/index.js';
import type { CommandOption, Flags } from '../console/flags.js';
import type { Cell } from '../console/line.js';
import { formatTime } from '../console/table.js';
import type { CommandContext } from './context.js';

export const jsonOption: CommandOption = { name: 'json', summary: 'Print JSON, with version, time, kind and expiry' };

/** So long before it expires, a secret is warned of. */
const SOON_MS = 7 * 86_400_000;

/** Names, one a line; with `--long` a table, with `--json` objects. What has expired, or soon will, is said on stderr. */
export function printSecrets(context: CommandContext, secrets: readonly ListedSecret[], flags: Flags): void {
  if (flags.is('json')) {
    context.json(secrets.map(toJson));
    return;
  }
  if (flags.is('long')) context.table(['NAME', 'VERSION', 'CHANGED', 'KIND', 'EXPIRES'], secrets.map(toRow));
  else context.lines(secrets.map(({ name }) => name));
  warnOf(context, secrets);
}

/** The names as a tree of folders. */
export function printTree(context: CommandContext, secrets: readonly ListedSecret[]): void {
  context.lines(formatTree(secrets.map(({ name }) => name)));
  warnOf(context, secrets);
}

/** @param names sorted */
export function formatTree(names: readonly string[]): string[] {
  const children = new Map<string, string[]>();
  for (const name of names) {
    const [first = '', ...rest] = name.split('/');
    const below = children.get(first) ?? [];
    if (rest.length > 0) below.push(rest.join('/'));
    children.set(first, below);
  }
  const entries = [...children];
  return entries.flatMap(([name, below], i) => {
    const isLast = i === entries.length - 1;
    const lines = formatTree(below).map((line) => `${isLast ? '    ' : '│   '}${line}`);
    return [`${isLast ? '└── ' : '├── '}${name}${below.length > 0 ? '/' : ''}`, ...lines];
  });
}

function warnOf({ warn }: CommandContext, secrets: readonly ListedSecret[]): void {
  const nowMs = systemClock.nowMs();
  for (const { name, about, problem } of secrets) {
    if (problem === 'damaged') warn(`the file of ${name} isn't one of a secret`);
    if (problem === 'version_mismatch') warn(`the file of ${name} is an older one that was put back`);
    if (about?.expiresMs !== undefined && about.expiresMs - SOON_MS <= nowMs) {
      warn(`${name} ${about.expiresMs <= nowMs ? 'expired' : 'expires'} ${formatTime(about.expiresMs)}`);
    }
  }
}

function toRow({ name, about, problem }: ListedSecret): Cell[] {
  if (about === undefined) return [name, '', '', { text: problem ?? '', tone: 'fail' }];
  const { version, createdMs, kind, expiresMs } = about;
  return [name, String(version), formatTime(createdMs), kind, expiresMs === undefined ? '' : toCell(expiresMs)];
}

function toCell(expiresMs: number): Cell {
  const text = formatTime(expiresMs);
  const nowMs = systemClock.nowMs();
  if (expiresMs <= nowMs) return { text, tone: 'fail' };
  return expiresMs - SOON_MS <= nowMs ? { text, tone: 'warn' } : text;
}

function toJson({ name, about, problem }: ListedSecret) {
  if (about === undefined) return { key: name, problem };
  const { version, createdMs, kind, expiresMs } = about;
  return {
    key: name,
    version,
    kind,
    created_at: createdMs,
    ...(expiresMs === undefined ? {} : { expires_at: expiresMs, expired: expiresMs <= systemClock.nowMs() }),
  };
}
