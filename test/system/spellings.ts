/**
 * Every way in which a value could stand somewhere in clear: raw, hexadecimal, base64 in both alphabets at the three
 * alignments, URL and JSON. Of base64 it is the part that depends on the value alone.
 */
export function spellings(value: string): Map<string, Buffer> {
  const raw = Buffer.from(value, 'utf8');
  const found = new Map<string, Buffer>([
    ['raw', raw],
    ['latin1', Buffer.from(value, 'latin1')],
    ['utf16', Buffer.from(value, 'utf16le')],
    ['URL component', Buffer.from(encodeURIComponent(value))],
    ['URL', Buffer.from(encodeURI(value))],
    ['form', Buffer.from(new URLSearchParams([['', value]]).toString().slice(1))],
    ['JSON', Buffer.from(JSON.stringify(value).slice(1, -1))],
  ]);
  return new Map([...found, ...spellingsOfBytes(raw)]);
}

/** The same of bytes that aren't a text: as they are written in one. */
export function spellingsOfBytes(raw: Buffer): Map<string, Buffer> {
  const found = new Map<string, Buffer>([
    ['hex', Buffer.from(raw.toString('hex'))],
    ['HEX', Buffer.from(raw.toString('hex').toUpperCase())],
    ['list of bytes', Buffer.from(raw.join(','))],
    ['inspected bytes', Buffer.from(raw.toString('hex').replaceAll(/..(?!$)/g, '$& '))],
  ]);
  for (const alignment of [0, 1, 2]) {
    // Three bytes are four characters: what stands before and behind shares a character with the value at most.
    const padded = Buffer.concat([Buffer.alloc(alignment), raw]);
    const first = Math.ceil((alignment * 8) / 6);
    const end = Math.floor((padded.length * 8) / 6);
    found.set(`base64 at ${alignment}`, Buffer.from(padded.toString('base64').slice(first, end)));
    found.set(`base64url at ${alignment}`, Buffer.from(padded.toString('base64url').slice(first, end)));
  }
  return found;
}
