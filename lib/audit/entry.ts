import {
  type Claim,
  canonicalJson,
  claimFromJson,
  claimToJson,
  fromBase64Url,
  fromUtf8,
  type Json,
  parseCanonicalJson,
  toBase64Url,
  utf8,
  VigoError,
} from '../base/index.js';
import { type AuditAction, isAuditAction } from './catalogue.js';
import { AuditError } from './errors.js';

/** Of an operation on files: `intent` before it acts, then `done` or `failed`. `denied` where it was refused. */
export type AuditOutcome = (typeof OUTCOMES)[number];

/** What a program wants to have recorded. It holds names and references, never the value of a secret. */
export interface AuditDraft {
  readonly action: AuditAction;
  /** Who did it, like `root@host`, `local-admin`, `envoy:<uuid>` or `token:<id>`. */
  readonly actor: string;
  /** What it was done to: a key's name, an envoy's UUID, a policy version. */
  readonly subject: string;
  readonly outcome: AuditOutcome;
  readonly detail?: { readonly [name: string]: Json };
  /** Which person is said to be behind the actor: a claim of its program, and no proof. */
  readonly claimedBy?: Claim;
}

/** A draft with its time and the salt that keeps its hash from being guessed. */
export interface AuditEntry extends AuditDraft {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** 16 random bytes. */
  readonly salt: Uint8Array;
}

export const SALT_BYTES = 16;
/** The most bytes of a whole entry. */
export const MAX_ENTRY_BYTES = 64 * 1024;

const OUTCOMES = ['intent', 'done', 'failed', 'denied'] as const;
/** Entries of before `claimed_by` have none, and read as before. */
const OPTIONAL = ['detail', 'claimed_by'];
const MEMBERS = ['v', 'at', 'salt', 'action', 'actor', 'subject', 'outcome'];

/**
 * The bytes that are stored and hashed: RFC 8785 JSON.
 * @throws AuditError `bad_draft` for an action outside the catalogue, a lone surrogate, or more than 64 KiB.
 */
export function encodeEntry(entry: AuditEntry): Uint8Array {
  const { at, salt, action, actor, subject, outcome, detail, claimedBy } = entry;
  const claim = claimedBy === undefined ? {} : { claimed_by: claimToJson(claimedBy) as { [name: string]: Json } };
  const fields = { v: 1, at, salt: toBase64Url(salt), action, actor, subject, outcome, ...claim };
  try {
    const bytes = utf8(canonicalJson(detail === undefined ? fields : { ...fields, detail }));
    // What couldn't be read back must not be written.
    decodeEntry(bytes);
    return bytes;
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    throw new AuditError('bad_draft', `the audit entry ${JSON.stringify(action)} can't be written: ${cause.message}`, {
      cause,
    });
  }
}

/**
 * Strict: what it accepts encodes back to the same bytes.
 * @throws AuditError `bad_entry`
 */
export function decodeEntry(bytes: Uint8Array): AuditEntry {
  if (bytes.length > MAX_ENTRY_BYTES) throw new AuditError('bad_entry', `it has more than ${MAX_ENTRY_BYTES} bytes`);
  const fields = parseObject(bytes);
  const names = Object.keys(fields).filter((name) => !OPTIONAL.includes(name));
  if (names.length !== MEMBERS.length || !MEMBERS.every((name) => names.includes(name)) || fields.v !== 1) {
    throw new AuditError('bad_entry', 'its members are not those of version 1');
  }
  const entry = {
    at: counter(fields.at),
    salt: salt(fields.salt),
    action: action(fields.action),
    actor: text(fields.actor),
    subject: text(fields.subject),
    outcome: outcome(fields.outcome),
  };
  return {
    ...entry,
    ...('detail' in fields ? { detail: object(fields.detail) } : {}),
    ...('claimed_by' in fields ? { claimedBy: claim(fields.claimed_by) } : {}),
  };
}

type JsonObject = { readonly [name: string]: Json };

function parseObject(bytes: Uint8Array): JsonObject {
  let value: Json;
  try {
    value = parseCanonicalJson(fromUtf8(bytes));
  } catch (cause) {
    throw new AuditError('bad_entry', 'it is not canonical JSON', { cause });
  }
  return object(value);
}

function object(value: Json | undefined): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new AuditError('bad_entry', 'an object is expected');
}

function claim(value: Json | undefined): Claim {
  try {
    return claimFromJson(value);
  } catch (cause) {
    if (!(cause instanceof VigoError)) throw cause;
    throw new AuditError('bad_entry', 'what it says is claimed is no claim', { cause });
  }
}

function text(value: Json | undefined): string {
  if (typeof value === 'string') return value;
  throw new AuditError('bad_entry', 'a string is expected');
}

function counter(value: Json | undefined): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new AuditError('bad_entry', 'its time is not a whole number of milliseconds');
}

function salt(value: Json | undefined): Uint8Array {
  const encoded = text(value);
  // 16 bytes are 22 characters of base64url, of which the last one can be A, Q, g or w only (RFC 4648 section 3.5).
  if (!/^[A-Za-z0-9_-]{21}[AQgw]$/.test(encoded)) throw new AuditError('bad_entry', 'its salt is not 16 bytes');
  return fromBase64Url(encoded);
}

function action(value: Json | undefined): AuditAction {
  const name = text(value);
  if (isAuditAction(name)) return name;
  throw new AuditError('bad_entry', `the catalogue has no action ${JSON.stringify(name.slice(0, 64))}`);
}

function outcome(value: Json | undefined): AuditOutcome {
  const found = OUTCOMES.find((known) => known === value);
  if (found !== undefined) return found;
  throw new AuditError('bad_entry', 'its outcome is none that there is');
}
