import { createPublicKey, verify, X509Certificate } from 'node:crypto';
import { at, canonical, fieldsOf } from './encoding.js';
import { exchange, sha256 } from './enroll.js';

/** How far an agent followed the chain. */
export interface Position {
  readonly number: number;
  /** The hash of the statement of that number; zeros where there is none yet. */
  readonly head: Buffer;
  /** 32 bytes. */
  readonly policyKey: Buffer;
}

/** A link of the chain as the server gives it: base64url. */
export interface Link {
  readonly statement: string;
  readonly signature: string;
  readonly own_signature: string;
}

/** Where the chain leads, and the CAs that are trusted there, in PEM. */
export interface Followed {
  readonly position: Position;
  readonly ca: string;
}

/** "The chain of trust": asks until there is nothing new. @param server the address of the HTTPS port */
export async function follow(server: string, trustDomain: string, from: Position): Promise<Followed | undefined> {
  let followed: Followed | undefined;
  for (let position = from; ; position = followed.position) {
    // Over a connection that isn't verified: the signatures speak for themselves.
    const { text } = await exchange(new URL(`/enroll/trust?from=${position.number}`, server), undefined);
    const next = advance(trustDomain, position, JSON.parse(text).statements);
    if (next === undefined) return followed;
    followed = next;
  }
}

/** Takes all of the links or, throwing, none. @returns undefined where they lead no further */
export function advance(trustDomain: string, from: Position, links: readonly Link[]): Followed | undefined {
  let position = from;
  let ca: string | undefined;
  for (const [i, link] of links.entries()) {
    const statement = Buffer.from(link.statement, 'base64url');
    const head = sha256(canonical('vigo/trust-statement-hash/v1', statement));
    if (i === 0 && from.number > 0) {
      if (!head.equals(from.head)) throw new Error('this is another history');
      continue;
    }
    const fields = fieldsOf('vigo/trust-statement/v1', 7, statement);
    const number = Number(at(fields, 1).readBigUInt64BE());
    const policyKey = at(fields, 3);
    if (at(fields, 0).toString() !== trustDomain) throw new Error('this is the chain of another fleet');
    if (number !== position.number + 1 || !at(fields, 2).equals(position.head)) throw new Error('there is a gap');
    demandSigned(statement, link.signature, position.policyKey);
    demandSigned(statement, link.own_signature, policyKey);
    position = { number, head, policyKey };
    ca = authoritiesIn(at(fields, 5));
  }
  if (from.number > 0 && links.length === 0) throw new Error('the chain ends before this agent');
  return ca === undefined ? undefined : { position, ca };
}

/** Whether the policy key says that the envoy is revoked. */
export function provesRevocation(proof: Buffer, envoyId: string, policyKey: Buffer): boolean {
  return verify(null, canonical('vigo/revocation/v1', envoyId), ed25519(policyKey), proof);
}

/** A public key from its 32 bytes. */
export function ed25519(bytes: Buffer) {
  return createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') } });
}

function demandSigned(statement: Buffer, signature: string, key: Buffer): void {
  if (!verify(null, statement, ed25519(key), Buffer.from(signature, 'base64url'))) throw new Error('this is forged');
}

function authoritiesIn(bytes: Buffer): string {
  const pems: string[] = [];
  let offset = 1;
  for (let left = bytes.readUInt8(); left > 0; left--) {
    const end = offset + 2 + bytes.readUInt16BE(offset);
    pems.push(new X509Certificate(bytes.subarray(offset + 2, end)).toString());
    offset = end;
  }
  return pems.join('');
}
