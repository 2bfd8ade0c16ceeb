import { isIPv4, isIPv6 } from 'node:net';

/**
 * Who is meant by a remote address: an IPv4 address itself, of an IPv6 one its /64, because that much is what a single
 * host is given and changes its address in as it likes (RFC 6177, RFC 8981).
 */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(?<v4>[0-9.]+)$/i.exec(address)?.groups?.v4;
  if (mapped !== undefined && isIPv4(mapped)) return mapped;
  const [plain = ''] = address.split('%'); // a link-local address comes with the name of its interface
  return isIPv6(plain) ? `${groupsOf(plain).slice(0, 4).join(':')}::/64` : address;
}

/** The eight groups of an IPv6 address (RFC 4291 section 2.2), without leading zeros. */
function groupsOf(address: string): string[] {
  const [head = '', tail] = address.toLowerCase().split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === undefined || tail === '' ? [] : tail.split(':');
  // An IPv4 address at the end stands for the last two groups, which nobody asks for here.
  const missing = 8 - before.length - after.length;
  const all = tail === undefined ? before : [...before, ...Array.from({ length: missing }, () => '0'), ...after];
  return all.map((group) => group.replace(/^0+(?=.)/, ''));
}
