import { scanCommand } from './command-scan.js';
import { finding, type GuardFinding } from './finding.js';
import { ProtectedPaths } from './protected-paths.js';
import { isSystemRoot } from './system-roots.js';

/** What a resource is about to do. Paths are absolute. */
export type GuardedAction =
  | { readonly kind: 'write' | 'remove'; readonly path: string }
  /** A text for `/bin/sh -c`, or a program with its arguments. */
  | { readonly kind: 'command'; readonly command: string | readonly string[] };

/** Tells what is refused of an action; an empty list lets it pass. */
export interface Guard {
  inspect(action: GuardedAction): readonly GuardFinding[];
}

/**
 * One engine for the server at publish and the agent before each executor (S5). It looks at paths and at the text of
 * commands, and so deters accidents: who means harm can hide a command from it, and a script that a resource writes isn't read.
 * @param protectedPaths absolute paths of Vigo's own files and folders; what lies below them is protected too. A path
 *   that goes through a link isn't followed: hand the real path in as well.
 */
export function makeGuard(protectedPaths: readonly string[]): Guard {
  const own = new ProtectedPaths(protectedPaths);
  return {
    inspect(action) {
      switch (action.kind) {
        case 'write':
          return own.covers(action.path) ? [ownPath(action.path)] : [];
        case 'remove':
          return [
            ...(own.covers(action.path) || own.liesBelow(action.path) ? [ownPath(action.path)] : []),
            ...(isSystemRoot(action.path) ? [finding('system_root', `${action.path} is a tree of the system`)] : []),
          ];
        case 'command':
          return scanCommand(action.command, own);
      }
    },
  };
}

function ownPath(path: string): GuardFinding {
  return finding('vigo_path', `${path} belongs to Vigo`);
}
