import type { KeyGlob } from '../../base/index.js';
import { newScope, parseLiteral, type SourceScope } from '../compose/template.js';
import type { Position } from '../errors.js';
import type { SourceNode } from '../source/source-tree.js';
import { parseWatchPattern } from '../types/watch-secret.js';

/** A place where `watch_secret` names secrets. */
export interface WatchUse {
  readonly pattern: KeyGlob;
  readonly at: Position;
}

/** Reads `watch_secret`, a text or a list of them. They are written out, like refs: a computed one could name anything. */
export function readWatches(node: SourceNode, scope: SourceScope): readonly WatchUse[] {
  const items = node.kind === 'list' ? node.items : [node];
  if (items.length === 0) scope.problems.add(node.at, 'watch_secret names no secret', 'leave it out');
  const watches: WatchUse[] = [];
  for (const item of items) {
    const text = parseWatched(item, scope);
    if (text === undefined) continue;
    const pattern = scope.problems.attempt(item.at, () => parseWatchPattern(text));
    if (pattern !== undefined) watches.push({ pattern, at: item.at });
  }
  return watches;
}

/** A ref is refused here, and isn't noted as one either: watching entitles to nothing (D4). */
function parseWatched(item: SourceNode, { problems }: SourceScope): string | undefined {
  const ref = item.kind === 'scalar' && typeof item.value === 'string' && /^secret:(.*)/.exec(item.value);
  if (!ref) return parseLiteral(item, 'a name in watch_secret', newScope(problems));
  problems.add(item.at, 'watch_secret takes the name of a secret, not a ref', `write ${ref[1]}`);
  return undefined;
}
