/** A field of a canonical encoding: bytes, a text, or a counter. */
export type CanonicalField = Uint8Array | string | number;

/** "Canonical encoding": what is hashed and signed. */
export function canonical(tag: string, ...fields: readonly CanonicalField[]): Buffer {
  const name = Buffer.from(tag);
  const parts = [Buffer.of(name.length), name, integer(fields.length, 2)];
  for (const field of fields) {
    const bytes = typeof field === 'number' ? integer(field, 8) : Buffer.from(field);
    parts.push(integer(bytes.length, 4), bytes);
  }
  return Buffer.concat(parts);
}

/** The fields of a canonical encoding; it throws where another one was expected. */
export function fieldsOf(tag: string, count: number, bytes: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  const start = canonical(tag).length;
  for (let at = start; at < bytes.length; ) {
    const length = bytes.readUInt32BE(at);
    fields.push(bytes.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (fields.length !== count || !canonical(tag, ...fields).equals(bytes)) throw new Error(`this is not a ${tag}`);
  return fields;
}

/** The named field of a list that may be shorter. */
export function at<T>(list: readonly T[], index: number): T {
  const item = list[index];
  if (item === undefined) throw new Error(`there is no item ${index}`);
  return item;
}

/** A protobuf field: its number, and its value. No value, 0 and no bytes are the default, which is never spelled out. */
export type ProtoField = readonly [number: number, value: Uint8Array | string | number | undefined];

/** A protobuf message in its one accepted encoding; the fields must come in order. */
export function message(...fields: readonly ProtoField[]): Buffer {
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === 'number') return value === 0 ? [] : [varint(number * 8), varint(value)];
      const bytes = Buffer.from(value ?? []);
      return bytes.length === 0 ? [] : [varint(number * 8 + 2), varint(bytes.length), bytes];
    }),
  );
}

/** A protobuf message without repeated fields: what stands in each field. */
export class ProtoMessage {
  readonly #numbers = new Map<number, number>();
  readonly #bytes = new Map<number, Buffer>();

  constructor(bytes: Buffer) {
    let offset = 0;
    const next = () => {
      let value = 0;
      for (let scale = 1; ; scale *= 128) {
        const byte = bytes.readUInt8(offset++);
        value += (byte & 127) * scale;
        if (byte < 128) return value;
      }
    };
    while (offset < bytes.length) {
      const key = next();
      const value = next();
      if (key % 8 === 0) this.#numbers.set(Math.floor(key / 8), value);
      else {
        this.#bytes.set(Math.floor(key / 8), bytes.subarray(offset, offset + value));
        offset += value;
      }
    }
  }

  number(field: number): number {
    return this.#numbers.get(field) ?? 0;
  }

  bytes(field: number): Buffer {
    return this.#bytes.get(field) ?? Buffer.alloc(0);
  }

  message(field: number): ProtoMessage | undefined {
    const bytes = this.#bytes.get(field);
    return bytes && new ProtoMessage(bytes);
  }
}

function integer(value: number, size: 2 | 4 | 8): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes.subarray(8 - size);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}
