import { X509Certificate } from 'node:crypto';
import * as z from 'zod/mini';
import {
  ByteReader,
  concatBytes,
  decodeCanonical,
  encodeCanonical,
  equalBytes,
  fromBase64Url,
  toBase64Url,
  u8,
  u16,
} from '../../base/index.js';
import { type Ed25519Signer, loadEd25519, loadSha256 } from '../../crypto/index.js';
import { WireError } from '../errors.js';
import { base64Url, parseJson } from '../json.js';
import { checked } from '../strict.js';

/** Where the server hands out its chain of trust, on its HTTPS port. */
export const TRUST_PATH = '/enroll/trust';

const TAG = 'vigo/trust-statement/v1';
const KEY_BYTES = 32;
const HASH_BYTES = 32;
/** The most CAs at once: the present one and those before it, until they are given up. */
export const MAX_AUTHORITIES = 4;
const MAX_STATEMENT_BYTES = 8192;
/** The most statements in one answer: with the largest ones it stays below the 128 KiB that an agent reads. */
export const MAX_STATEMENTS = 8;

/** All that a fleet trusts from here on. Each statement follows on one before, and is signed by that one's policy key. */
export interface TrustStatement {
  readonly trustDomain: string;
  /** From 1, without a gap. */
  readonly number: number;
  /** SHA-256 of the statement before; zeros in the first one. */
  readonly previous: Uint8Array;
  /** Signs policy heads, sealed answers, and the next statement. */
  readonly policyKey: Uint8Array;
  readonly checkpointKey: Uint8Array;
  /** CA certificates, DER, the oldest first; 1 to 4. */
  readonly authorities: readonly Uint8Array[];
  readonly issuedAtMs: number;
}

export interface SignedStatement {
  readonly statement: Uint8Array;
  /** By the policy key of the statement before: the one that an envoy pins already. */
  readonly signature: Uint8Array;
  /** By the policy key that the statement names: nobody announces a key that isn't his. */
  readonly ownSignature: Uint8Array;
}

/** How far somebody has followed the chain. Before any statement: number 0, a head of zeros, the key pinned at enrollment. */
export interface TrustPosition {
  readonly trustDomain: string;
  readonly number: number;
  /** Hash of the last statement that was accepted. */
  readonly head: Uint8Array;
  readonly policyKey: Uint8Array;
}

export const NO_HEAD = new Uint8Array(HASH_BYTES);

/** @param predecessor the policy key until now @param own the one from here on, which may be the same */
export async function signStatement(
  statement: TrustStatement,
  predecessor: Ed25519Signer,
  own: Ed25519Signer,
): Promise<SignedStatement> {
  const { trustDomain, number, previous, policyKey, checkpointKey, authorities, issuedAtMs } = statement;
  const list = concatBytes(u8(authorities.length), ...authorities.flatMap((der) => [u16(der.length), der]));
  const bytes = encodeCanonical(TAG, trustDomain, number, previous, policyKey, checkpointKey, list, issuedAtMs);
  readStatement(bytes);
  return { statement: bytes, signature: predecessor.sign(bytes), ownSignature: own.sign(bytes) };
}

/** Says nothing about who signed it. @throws WireError `malformed` */
export function readStatement(bytes: Uint8Array): TrustStatement {
  if (bytes.length > MAX_STATEMENT_BYTES) throw new WireError('malformed', 'a trust statement is too large');
  return checked('a trust statement', () => {
    const fields = decodeCanonical(TAG, 7, bytes);
    return {
      trustDomain: fields.text(),
      number: fields.number(),
      previous: fields.bytes(HASH_BYTES),
      policyKey: fields.bytes(KEY_BYTES),
      checkpointKey: fields.bytes(KEY_BYTES),
      authorities: readAuthorities(fields.bytes()),
      issuedAtMs: fields.number(),
    };
  });
}

export async function statementHash({ statement }: SignedStatement): Promise<Uint8Array> {
  return (await loadSha256()).digest(encodeCanonical('vigo/trust-statement-hash/v1', statement));
}

/**
 * Follows a chain from where one stands: every statement must be the next number, name the hash of the one before, and
 * be signed by the key of the one before and by its own. A chain that begins earlier must lead through the position.
 * @returns the position and the last statement; undefined where the chain leads no further
 * @throws WireError `forged` for a chain with a gap, of another fleet, of other signers, and for one that doesn't lead
 *   through what was accepted; `rollback` for one that ends before that; `malformed`
 */
export async function followChain(
  from: TrustPosition,
  chain: readonly SignedStatement[],
): Promise<{ position: TrustPosition; statement: TrustStatement } | undefined> {
  let position = from;
  let last: TrustStatement | undefined;
  let met = from.number === 0;
  for (const signed of chain) {
    const statement = readStatement(signed.statement);
    if (statement.trustDomain !== from.trustDomain) throw forged('it is of another fleet');
    if (statement.number < from.number) continue;
    const hash = await statementHash(signed);
    if (statement.number === from.number) {
      // Against a second history, made with a key that was replaced since.
      if (!equalBytes(hash, from.head)) throw forged("it doesn't lead through what was accepted before");
      met = true;
      continue;
    }
    if (!met || statement.number !== position.number + 1 || !equalBytes(statement.previous, position.head)) {
      throw forged('it has a gap');
    }
    await demandSignatures(signed, position.policyKey, statement.policyKey);
    position = { ...from, number: statement.number, head: hash, policyKey: statement.policyKey };
    last = statement;
  }
  // Anti-rollback: an earlier state of the server would bring back keys that were replaced.
  if (!met) {
    throw new WireError('rollback', "the server's chain of trust ends before what this machine followed it to", {
      hint: 'the server was put back to before its keys were replaced: put its newest keys/ and tls/trust back; if they are lost, vigo enroll --again with a new token',
    });
  }
  return last && { position, statement: last };
}

/**
 * Checks that a whole chain is one: from the first statement on, each follows on the one before. Only who signed the
 * first one can't be told from it. @throws WireError as `followChain`
 */
export async function demandWholeChain(chain: readonly SignedStatement[]): Promise<void> {
  const [first] = chain;
  if (first === undefined) return;
  const { trustDomain, number, previous, policyKey } = readStatement(first.statement);
  const isNumbered = chain.every(({ statement }, i) => readStatement(statement).number === i + 1);
  if (!isNumbered || !equalBytes(previous, NO_HEAD)) throw forged('it has a gap');
  await demandOwnSignature(first, policyKey);
  await followChain({ trustDomain, number, head: await statementHash(first), policyKey }, chain);
}

async function demandSignatures(signed: SignedStatement, by: Uint8Array, own: Uint8Array): Promise<void> {
  const ed25519 = await loadEd25519();
  if (!ed25519.verify(signed.signature, signed.statement, by)) {
    throw forged("a statement isn't signed by the key before it");
  }
  await demandOwnSignature(signed, own);
}

async function demandOwnSignature({ statement, ownSignature }: SignedStatement, own: Uint8Array): Promise<void> {
  const ed25519 = await loadEd25519();
  if (!ed25519.verify(ownSignature, statement, own)) throw forged("a statement isn't signed by its own key");
}

function readAuthorities(list: Uint8Array): Uint8Array[] {
  const reader = new ByteReader(list);
  const authorities: Uint8Array[] = [];
  for (let count = reader.u8(); count > 0; count--) authorities.push(reader.bytes(reader.u16()));
  reader.end();
  if (authorities.length === 0 || authorities.length > MAX_AUTHORITIES || !authorities.every(isAuthority)) {
    throw new WireError('malformed', 'a trust statement names no CA, too many, or something else');
  }
  return authorities;
}

/** Exactly one certificate and nothing behind it, which may sign others. */
function isAuthority(der: Uint8Array): boolean {
  try {
    const certificate = new X509Certificate(der);
    return certificate.ca && equalBytes(certificate.raw, der);
  } catch {
    return false;
  }
}

function forged(why: string): WireError {
  return new WireError('forged', `the server's chain of trust can't be followed: ${why}`);
}

const chainSchema = z.strictObject({
  statements: z.array(
    z.strictObject({
      statement: z.string().check(z.regex(/^[A-Za-z0-9_-]{1,11000}$/)),
      signature: base64Url(64),
      own_signature: base64Url(64),
    }),
  ),
});

export function chainToJson(chain: readonly SignedStatement[]): z.infer<typeof chainSchema> {
  return {
    statements: chain.map(({ statement, signature, ownSignature }) => ({
      statement: toBase64Url(statement),
      signature: toBase64Url(signature),
      own_signature: toBase64Url(ownSignature),
    })),
  };
}

/** @throws WireError `malformed` */
export function chainFromJson(json: unknown): SignedStatement[] {
  const { statements } = parseJson('a chain of trust', chainSchema, json);
  return checked('a chain of trust', () =>
    statements.map(({ statement, signature, own_signature }) => ({
      statement: fromBase64Url(statement),
      signature: fromBase64Url(signature),
      ownSignature: fromBase64Url(own_signature),
    })),
  );
}

/** A CA certificate as it stands in a statement, as PEM. */
export function authorityPem(der: Uint8Array): string {
  return new X509Certificate(der).toString();
}
