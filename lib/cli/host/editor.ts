import { once } from 'node:events';
import { existsSync, realpathSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type SteadyClock, systemClock } from '../../base/index.js';
import { CliError } from '../errors.js';

/** Vim would keep what passes through its registers in `~/.viminfo`, and swap, undo and backup files where its settings say. */
const KEEP_NOTHING = ['-n', '-i', 'NONE', '-c', 'set viminfo= nobackup nowritebackup noundofile'];

/** Nobody opens a file, looks at it and closes it again in less; a program that hands it to a window does. */
const AT_ONCE_MS = 3000;

/**
 * Lets a person edit a secret in a file with `$VISUAL`, `$EDITOR` or vi, on the terminal of this process. The variable
 * may hold options, as for git.
 * @returns its name, and whether it ended sooner than a person could: one that has a window of its own does, unless it is
 * told to wait
 * @throws CliError `editor_failed` where the editor can't be started or ends with an error
 */
export async function runEditor(
  path: string,
  env: NodeJS.ProcessEnv = process.env,
  clock: Pick<SteadyClock, 'monotonicMs'> = systemClock,
): Promise<{ editor: string; endedAtOnce: boolean }> {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  const { spawn } = await import('node:child_process');
  const options = isVim(editor, env) ? KEEP_NOTHING : [];
  const startMs = clock.monotonicMs();
  const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, ...options, path], { stdio: 'inherit', env });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return { editor, endedAtOnce: clock.monotonicMs() - startMs < AT_ONCE_MS };
  throw new CliError('editor_failed', `${editor} ended with ${signal ?? `code ${code}`}; nothing was changed`, {
    hint: 'VISUAL or EDITOR names the editor',
  });
}

/** `vi` may be a link to one, or to another editor that doesn't know the options of vim. */
function isVim(editor: string, { PATH = '' }: NodeJS.ProcessEnv): boolean {
  const [program = ''] = editor.trim().split(/\s/);
  const places = program.includes('/') ? [program] : PATH.split(':').map((folder) => join(folder, program));
  const found = places.find((place) => existsSync(place));
  return found !== undefined && /^n?vim(\.|$)/.test(basename(realpathSync(found)));
}
