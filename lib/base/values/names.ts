import { BaseError } from '../errors.js';

declare const envoyIdBrand: unique symbol;
declare const hostNameBrand: unique symbol;

/** A version 4 UUID in lower case (RFC 9562 section 5.4). */
export type EnvoyId = string & { readonly [envoyIdBrand]: true };

/** A host name as RFC 1123 section 2.1 has it, in lower case, at most 253 bytes. */
export type HostName = string & { readonly [hostNameBrand]: true };

const UUID_V4 = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const HOST_LABEL = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** @throws BaseError `bad_id` */
export function parseEnvoyId(text: string): EnvoyId {
  if (!UUID_V4.test(text)) throw new BaseError('bad_id', `${JSON.stringify(text.slice(0, 64))} is not an envoy's UUID`);
  return text as EnvoyId;
}

export function isEnvoyId(text: string): text is EnvoyId {
  return UUID_V4.test(text);
}

/**
 * Makes a version 4 UUID.
 * @param random 16 bytes
 * @throws BaseError `bad_id` for any other length.
 */
export function uuidFrom(random: Uint8Array): string {
  if (random.length !== 16) throw new BaseError('bad_id', `a UUID takes 16 bytes, not ${random.length}`);
  const bytes = Buffer.from(random);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/**
 * Takes upper case and gives lower case; nothing else is mended.
 * @throws BaseError `bad_host_name`
 */
export function parseHostName(text: string): HostName {
  // Checked before it is lowered: the Kelvin sign's lower case is an ASCII k.
  if (text.length > 253 || !text.split('.').every((label) => HOST_LABEL.test(label))) {
    throw new BaseError('bad_host_name', `${JSON.stringify(text.slice(0, 260))} is not a host name`, {
      hint: 'labels of letters, digits and dashes, joined by dots',
    });
  }
  return text.toLowerCase() as HostName;
}
