import type { FoldersAbove } from '../../files/index.js';
import { AgentError } from '../errors.js';
import { redactionOf } from '../held/redaction.js';
import { runCommand } from './command.js';

const GETFACL_TIMEOUT_MS = 30_000;
/** What `getfacl` prints of a file that has a mode and no ACL. */
const MODE_ALONE = /^user::[r-][w-][x-]\ngroup::[r-][w-][x-]\nother::[r-][w-][x-]$/;
const OTHERS = 0o077;

/**
 * Whether an ACL may open a file to more users than its mode says. The owner of a folder can give it a default ACL,
 * which what is made in it or below inherits; while the mode gives the group nothing, such an ACL has no effect.
 */
export function isOpenToAcl({ foreign }: FoldersAbove, mode: number): boolean {
  return foreign !== undefined && (mode & OTHERS) !== 0;
}

/**
 * Whether a file or a folder has an ACL beside its mode. Neither Node nor `stat` can tell: the mask of an ACL hides it.
 * @param path one that another process of this user can open
 * @returns undefined where that can't be found out, for want of `getfacl`
 */
export async function hasAcl(path: string): Promise<boolean | undefined> {
  const words = ['getfacl', '--omit-header', '--absolute-names', '--numeric', '--', path];
  const end = await runCommand(words, { timeoutMs: GETFACL_TIMEOUT_MS, redaction: redactionOf([]) }).catch((cause) => {
    if (cause instanceof AgentError) return undefined;
    throw cause;
  });
  return end?.exitCode === 0 ? !MODE_ALONE.test(end.output) : undefined;
}

/** Refuses a mode that can't be granted to those alone whom it names. */
export function refusedMode(
  path: string,
  mode: number,
  foreign: string | undefined,
  acl: boolean | undefined,
): AgentError {
  const spelled = mode.toString(8).padStart(4, '0');
  const [why, hint] =
    acl === undefined
      ? [`its owner may have set a default ACL, which can't be seen without getfacl`, 'install getfacl (package acl)']
      : ['it has a default ACL, or a folder below it, which would let others in', 'remove the ACL with setfacl -k'];
  return new AgentError(
    'refused_resource',
    `${path} can't get mode ${spelled}: ${foreign} belongs to another user, and ${why}`,
    {
      hint: `${hint}, declare mode "0${mode & 0o700 ? (mode & 0o700).toString(8) : '600'}", or give the folder to root`,
    },
  );
}
