import { canonicalJson, fromUtf8, utf8 } from '../base/index.js';
import { FilesError, readFileLimited, writeFileAtomic } from '../files/index.js';
import {
  chainFromJson,
  chainToJson,
  NO_HEAD,
  readStatement,
  type SignedStatement,
  statementHash,
  type TrustPosition,
  WireError,
} from '../wire/index.js';

const MAX_BYTES = 16 * 1024 * 1024;

/**
 * The server's own chain of trust, in the order of its numbers; none where no key was ever replaced.
 * @throws WireError `malformed` where the file isn't what was written, FilesError
 */
export async function readTrustFile(path: string): Promise<SignedStatement[]> {
  try {
    return chainFromJson(JSON.parse(fromUtf8(await readFileLimited(path, MAX_BYTES))));
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return [];
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new WireError('malformed', `${path} is not a chain of trust`, { cause });
  }
}

/** The whole chain at once: a crash leaves it with the last statement or without it (N3). */
export async function writeTrustFile(path: string, chain: readonly SignedStatement[]): Promise<void> {
  await writeFileAtomic(path, utf8(`${canonicalJson(chainToJson(chain))}\n`), { mode: 0o600 });
}

/** Where a chain ends, which is where an envoy stands that enrolls now. @param firstKey the policy key before any statement */
export async function endOfChain(
  chain: readonly SignedStatement[],
  firstKey: Uint8Array,
): Promise<Omit<TrustPosition, 'trustDomain'>> {
  const last = chain.at(-1);
  if (last === undefined) return { number: 0, head: NO_HEAD, policyKey: firstKey };
  const { number, policyKey } = readStatement(last.statement);
  return { number, head: await statementHash(last), policyKey };
}
