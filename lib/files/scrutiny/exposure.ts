import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { shellWord } from '../../base/index.js';
import { errnoOf, filesError } from '../errors.js';

/** What others than the owner, group and world alike, may at most do. `group writes` lets its group write. */
export type OthersMay = 'nothing' | 'read' | 'group writes';

export interface Demand {
  readonly path: string;
  readonly othersMay: OthersMay;
  /** Who may own it; anybody unless given. */
  readonly owners?: readonly number[] | undefined;
  /** Holds for all that lies below it, too; links aren't followed. */
  readonly deep?: boolean;
}

/** Something that others can read, change or exchange. */
export interface Exposure {
  readonly path: string;
  readonly problem: string;
  readonly hint: string | undefined;
}

/** The bits that mustn't be set. */
const FORBIDDEN: Readonly<Record<OthersMay, number>> = { nothing: 0o077, read: 0o022, 'group writes': 0o002 };
const STICKY = 0o1000;

/** What of a file, or of a folder and all below it, meets the demand not. Nothing where there is no such path. */
export function* findExposures(demand: Demand): Generator<Exposure> {
  const { path, deep = false } = demand;
  try {
    const found = lstatSync(path);
    yield* judge(demand, found);
    if (!deep || !found.isDirectory()) return;
    for (const name of readdirSync(path)) yield* findExposures({ ...demand, path: join(path, name) });
  } catch (cause) {
    if (errnoOf(cause) === 'ENOENT') return; // never there, or removed since
    const { message, hint } = filesError('look at', path, cause);
    yield { path, problem: message, hint };
  }
}

/**
 * The folders above a path in which somebody else could exchange what lies below. In a sticky one (like `/tmp`) nobody
 * can exchange what belongs to another user.
 */
export function* findExposedAbove(path: string, owners: readonly number[]): Generator<Exposure> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    const isSticky = ((lstatIfThere(folder)?.mode ?? 0) & STICKY) !== 0;
    if (!isSticky) yield* findExposures({ path: folder, othersMay: 'read', owners });
    if (folder === dirname(folder)) return;
  }
}

function* judge({ path, othersMay, owners }: Demand, found: Stats): Generator<Exposure> {
  if (owners !== undefined && !owners.includes(found.uid)) {
    const problem = `${path} belongs to user ${found.uid}, not to user ${owners[0]}`;
    yield { path, problem, hint: `find out why, then: chown ${owners[0]} ${shellWord(path)}` };
  }
  if (found.isSymbolicLink()) return; // a link has no mode of its own
  const excess = found.mode & FORBIDDEN[othersMay];
  if (excess === 0) return;
  const mode = (found.mode & 0o7777).toString(8).padStart(4, '0');
  const who = (excess & 0o007) === 0 ? 'its group' : 'everybody';
  const what = (excess & 0o022) === 0 ? 'can read it' : 'can write there';
  const mend = othersMay === 'nothing' ? 'go-rwx' : othersMay === 'read' ? 'go-w' : 'o-w';
  yield { path, problem: `${path} has mode ${mode}: ${who} ${what}`, hint: `chmod ${mend} ${shellWord(path)}` };
}

function lstatIfThere(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}
