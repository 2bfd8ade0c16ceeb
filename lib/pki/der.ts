import asn1 from 'node-forge/lib/asn1.js';

/** A piece of ASN.1, not yet bytes. node-forge holds the content of a primitive as a string of one char per octet. */
export type Der = ReturnType<typeof asn1.create>;

const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { BITSTRING, BOOLEAN, GENERALIZEDTIME, INTEGER, OCTETSTRING, OID, SEQUENCE, SET, UTCTIME, UTF8 } = asn1.Type;

/** From this year on a certificate's times are GeneralizedTime (RFC 5280 section 4.1.2.5). */
const FIRST_GENERALIZED_YEAR = 2050;

export function encodeDer(der: Der): Uint8Array {
  return Uint8Array.from(Buffer.from(asn1.toDer(der).getBytes(), 'latin1'));
}

export function decodeDer(bytes: Uint8Array): Der {
  return asn1.fromDer(octets(bytes));
}

export function sequence(...items: Der[]): Der {
  return asn1.create(UNIVERSAL, SEQUENCE, true, items);
}

export function setOf(...items: Der[]): Der {
  return asn1.create(UNIVERSAL, SET, true, items);
}

export function oid(dotted: string): Der {
  return asn1.create(UNIVERSAL, OID, false, asn1.oidToDer(dotted).getBytes());
}

export function boolean(value: boolean): Der {
  return asn1.create(UNIVERSAL, BOOLEAN, false, value ? '\xff' : '\x00');
}

/** @param bytes two's complement, big endian, minimal. */
export function integer(bytes: Uint8Array): Der {
  return asn1.create(UNIVERSAL, INTEGER, false, octets(bytes));
}

export function octetString(bytes: Uint8Array): Der {
  return asn1.create(UNIVERSAL, OCTETSTRING, false, octets(bytes));
}

/** @param unusedBits how many low bits of the last byte don't count. */
export function bitString(bytes: Uint8Array, unusedBits = 0): Der {
  return asn1.create(UNIVERSAL, BITSTRING, false, String.fromCharCode(unusedBits) + octets(bytes));
}

export function utf8String(text: string): Der {
  return asn1.create(UNIVERSAL, UTF8, false, octets(Buffer.from(text, 'utf8')));
}

export function time(ms: number): Der {
  const date = new Date(ms);
  return date.getUTCFullYear() < FIRST_GENERALIZED_YEAR
    ? asn1.create(UNIVERSAL, UTCTIME, false, asn1.dateToUtcTime(date))
    : asn1.create(UNIVERSAL, GENERALIZEDTIME, false, asn1.dateToGeneralizedTime(date));
}

/** `[tag] EXPLICIT`: wraps. */
export function explicit(tag: number, inner: Der): Der {
  return asn1.create(CONTEXT_SPECIFIC, tag, true, [inner]);
}

/** `[tag] IMPLICIT` of a primitive: its content under another tag. */
export function implicit(tag: number, content: Uint8Array): Der {
  return asn1.create(CONTEXT_SPECIFIC, tag, false, octets(content));
}

/** The dotted form of an OBJECT IDENTIFIER. */
export function dottedOid(der: Der | undefined): string {
  return asn1.derToOid(octets(content(der)));
}

/** The elements of a constructed value; none for a primitive. */
export function elements(der: Der | undefined): Der[] {
  return Array.isArray(der?.value) ? der.value : [];
}

/** The octets of a primitive; none for a constructed value. */
export function content(der: Der | undefined): Uint8Array {
  return typeof der?.value === 'string' ? Uint8Array.from(Buffer.from(der.value, 'latin1')) : new Uint8Array();
}

function octets(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
