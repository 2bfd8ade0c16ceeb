import { once } from 'node:events';
import { CliError } from './errors.js';

/**
 * Lets a person edit a file with `$VISUAL`, `$EDITOR` or vi, on the terminal of this process. The variable may hold
 * options, as for git.
 * @throws CliError `editor_failed` where the editor can't be started or ends with an error
 */
export async function runEditor(path: string, env: NodeJS.ProcessEnv = process.env): Promise<void> {
  const editor = env.VISUAL || env.EDITOR || 'vi';
  const { spawn } = await import('node:child_process');
  const child = spawn('/bin/sh', ['-c', `${editor} "$@"`, editor, path], { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
  if (code === 0) return;
  throw new CliError('editor_failed', `${editor} ended with ${signal ?? `code ${code}`}; nothing was changed`, {
    hint: 'VISUAL or EDITOR names the editor',
  });
}
