import { basename, dirname } from 'node:path';
import { canonicalJson, equalBytes, fromUtf8, utf8, VigoError } from '../base/index.js';
import { FilesError, readReplaced, replaceTogether } from '../files/index.js';
import {
  chainFromJson,
  chainToJson,
  demandWholeChain,
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
 * @throws WireError `malformed` where the file isn't what was written: nobody could follow it, and nothing may be added
 *   to it. FilesError
 */
export async function readTrustFile(path: string): Promise<SignedStatement[]> {
  try {
    const chain = chainFromJson(JSON.parse(fromUtf8(await readReplaced(path, MAX_BYTES))));
    await demandWholeChain(chain);
    return chain;
  } catch (cause) {
    if (cause instanceof FilesError && cause.code === 'not_found') return [];
    if (cause instanceof FilesError || !(cause instanceof SyntaxError || cause instanceof VigoError)) throw cause;
    throw new WireError('malformed', `${path} is damaged: ${cause.message}`, {
      cause,
      hint: 'take it, and keys/ where they are others there, from the newest backup: vigocli restore <file> --home <beside this one>',
    });
  }
}

/**
 * The whole chain at once: a crash leaves it with the last statement or without it (N3). After one that may lie in a
 * replacement which another crash cut short, so that none is ever put in the place of a later one.
 */
export async function writeTrustFile(path: string, chain: readonly SignedStatement[]): Promise<void> {
  await replaceTogether(dirname(path), { [basename(path)]: utf8(encodeTrustFile(chain)) });
}

/** What the file holds, for who replaces others together with it. */
export function encodeTrustFile(chain: readonly SignedStatement[]): string {
  return `${canonicalJson(chainToJson(chain))}\n`;
}

/**
 * The CAs that count, DER: those of the last statement up to the present one, which comes last. It alone where the
 * statement doesn't name it, because no envoy came to it by the chain.
 * @param present the CA that signs, DER
 */
export function authoritiesOf(chain: readonly SignedStatement[], present: Uint8Array): readonly Uint8Array[] {
  const last = chain.at(-1);
  const named = last === undefined ? [] : readStatement(last.statement).authorities;
  const place = named.findIndex((authority) => equalBytes(authority, present));
  return place === -1 ? [present] : named.slice(0, place + 1);
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
