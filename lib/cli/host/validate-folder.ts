import { VigoError } from '../../base/index.js';
import type { PolicyProblem, SecretsCheck } from '../../policy/index.js';
import { listOf } from '../console/plural.js';
import type { CommandContext } from './context.js';

export interface ValidatedFolder {
  readonly digest: string;
  readonly files: number;
  readonly problems: readonly PolicyProblem[];
  readonly warnings: readonly PolicyProblem[];
  /** What couldn't be checked, and why. */
  readonly unchecked: readonly string[];
}

/**
 * Checks a folder of `.vgo` files on any machine. Whether the secrets that it refers to exist is checked too where the
 * vault of this host can be read.
 * @throws PolicyError `missing_folder`, `misplaced`, `too_large`
 */
export async function validateFolder(context: CommandContext, dir: string): Promise<ValidatedFolder> {
  const [{ examineStacks, readStacksTree, refPlaces, treeDigest }, { makeGuard }] = await Promise.all([
    import('../../policy/index.js'),
    import('../../guard/index.js'),
  ]);
  const tree = await readStacksTree(dir);
  const guard = makeGuard([context.home.root]);
  const examine = (secrets?: SecretsCheck) => examineStacks(tree, { guard, secrets });
  const { examined, reason } = await withVaultOfHost(context, examine);
  const refs = [...refPlaces(examined.stacks).keys()].sort();
  const isUnchecked = reason !== undefined && refs.length > 0;
  return {
    digest: await treeDigest(tree),
    files: tree.size,
    problems: examined.problems,
    warnings: examined.warnings,
    unchecked: isUnchecked ? [`whether these secrets exist: ${listOf(refs)} (${reason})`] : [],
  };
}

/** @returns also why the vault couldn't be asked, where that is so */
async function withVaultOfHost<T>(
  context: CommandContext,
  examine: (secrets?: SecretsCheck) => Promise<T>,
): Promise<{ examined: T; reason?: string }> {
  const { openSecretReader } = await import('../../vault/index.js');
  let secrets: Awaited<ReturnType<typeof openSecretReader>>;
  try {
    const { secretsDir, keyFile } = await context.places();
    secrets = await openSecretReader({ secretsDir, keyFile, keysDir: context.home.keys });
  } catch (error) {
    if (!(error instanceof VigoError)) throw error;
    return { examined: await examine(), reason: error.message };
  }
  try {
    return { examined: await examine({ secrets, seenVersions: new Map() }) };
  } finally {
    secrets.dispose();
  }
}
