import type { KeyObject } from 'node:crypto';
import { bitString, boolean, type Der, encodeDer, implicit, integer, octetString, oid, sequence } from './der.js';
import { keyIdentifier } from './keys.js';
import { type AltName, generalName } from './subject-alt-name.js';

// RFC 5280 section 4.2.1. An extension is critical where a reader that doesn't know it must refuse the certificate.

const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const EXTENDED_KEY_USAGE = '2.5.29.37';
const SUBJECT_ALT_NAME = '2.5.29.17';
const AUTHORITY_KEY_IDENTIFIER = '2.5.29.35';
export const SUBJECT_KEY_IDENTIFIER = '2.5.29.14';

const PURPOSES = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' } as const;

/** What a certificate's extensions say about the key in it. */
interface Subject {
  readonly publicKey: KeyObject;
  /** The subject key identifier of the CA that signs. */
  readonly authorityKeyId: Uint8Array;
  readonly names: readonly AltName[];
}

/** A CA that signs leaves only. */
export function caExtensions(subject: Subject): Der[] {
  return [
    extension(BASIC_CONSTRAINTS, 'critical', sequence(boolean(true), integer(Uint8Array.of(0)))), // pathLenConstraint 0
    extension(KEY_USAGE, 'critical', bitString(Uint8Array.of(0b0000_0110), 1)), // keyCertSign (5), cRLSign (6)
    ...names(subject),
  ];
}

/** Not a CA, and good for one purpose. */
export function leafExtensions(purpose: keyof typeof PURPOSES, subject: Subject): Der[] {
  return [
    extension(BASIC_CONSTRAINTS, 'critical', sequence()), // cA is FALSE by default, and DER leaves a default out
    extension(KEY_USAGE, 'critical', bitString(Uint8Array.of(0b1000_0000), 7)), // digitalSignature (0): all of TLS 1.3
    extension(EXTENDED_KEY_USAGE, 'plain', sequence(oid(PURPOSES[purpose]))),
    ...names(subject),
  ];
}

function names({ publicKey, authorityKeyId, names }: Subject): Der[] {
  const extensions = [
    extension(SUBJECT_KEY_IDENTIFIER, 'plain', octetString(keyIdentifier(publicKey))),
    extension(AUTHORITY_KEY_IDENTIFIER, 'plain', sequence(implicit(0, authorityKeyId))),
  ];
  // An empty list of names is no valid extension.
  if (names.length > 0) extensions.push(extension(SUBJECT_ALT_NAME, 'plain', sequence(...names.map(generalName))));
  return extensions;
}

function extension(id: string, weight: 'critical' | 'plain', value: Der): Der {
  const inner = octetString(encodeDer(value));
  return weight === 'critical' ? sequence(oid(id), boolean(true), inner) : sequence(oid(id), inner);
}
