import { encodeAbout } from '../../lib/archive/about.js';
import { ByteSource } from '../../lib/archive/byte-source.js';
import { sealChunks } from '../../lib/archive/chunks.js';
import type { ArchiveEntry } from '../../lib/archive/entry.js';
import { encodeHead } from '../../lib/archive/entry.js';
import {
  type Locking,
  type OpenedArchive,
  openArchive,
  parseIdentity,
  type Unlocking,
  writeArchive,
} from '../../lib/archive/index.js';
import { lock } from '../../lib/archive/lock.js';
import { concatBytes, u32, utf8 } from '../../lib/base/index.js';

export const PASSPHRASE = 'correct horse battery staple';
export const ABOUT = { at: 1_800_000_000_000, by: 'root', host: 'vault-1', vigo: '0.1.0' };

/** A passphrase's archive without the second that hashing it takes. */
export function cheap(passphrase = PASSPHRASE): Locking {
  return { kind: 'passphrase', passphrase: utf8(passphrase), cost: { memoryKiB: 8, passes: 1 } };
}

export function knowing(passphrase = PASSPHRASE): Unlocking {
  return { passphrase: async () => utf8(passphrase), identity: () => Promise.reject(new Error('no identity')) };
}

export function holding(identity: Uint8Array): Unlocking {
  return {
    passphrase: () => Promise.reject(new Error('no passphrase')),
    identity: async () => parseIdentity(identity),
  };
}

export function file(path: string, content: string | Uint8Array, mode = 0o600): ArchiveEntry {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return { kind: 'file', path, mode, size: bytes.length, content: [Uint8Array.from(bytes)] };
}

export function folder(path: string, mode = 0o700): ArchiveEntry {
  return { kind: 'folder', path, mode };
}

/** A little of everything that a home has. */
export function someEntries(): ArchiveEntry[] {
  return [
    folder('secrets'),
    file('secrets/.master.key', 'the master key'),
    folder('secrets/.versions'),
    folder('secrets/a'),
    file('secrets/a/b', ''),
    file('secrets-verifier.json', '{}'),
    folder('db'),
    file('db/vigo.db', 'rows'),
    file('server.yaml', 'a: b', 0o640),
    folder('stacks', 0o755),
    file('stacks/.hidden', 'x', 0o644),
    file('stacks/run.sh', '#!/bin/sh', 0o755),
    { kind: 'link', path: '.live', target: `published/${'0'.repeat(64)}` },
  ];
}

export async function* stream<T>(...values: readonly T[]): AsyncGenerator<T> {
  yield* values;
}

export async function collect(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return concatBytes(...all);
}

export async function makeArchive(entries: readonly ArchiveEntry[], locking: Locking = cheap()): Promise<Uint8Array> {
  return collect(writeArchive(ABOUT, stream(...entries), locking));
}

/** An authentic archive of whatever bytes: what somebody makes who has the key, or a recipient's public one. */
export async function sealAnything(...plaintext: readonly Uint8Array[]): Promise<Uint8Array> {
  const { header, mac, key } = await lock(cheap());
  const chunks = await collect(sealChunks(key, new ByteSource(stream(...plaintext))));
  return concatBytes(header, mac, chunks);
}

export function aboutBytes(): Uint8Array {
  const bytes = encodeAbout(ABOUT);
  return concatBytes(u32(bytes.length), bytes);
}

/** An entry that `writeArchive` would refuse to write. */
export function anyEntry(kind: 'folder' | 'file' | 'link', path: string, mode = 0o700, content = ''): Uint8Array {
  return concatBytes(encodeHead(kind, path, mode, content.length), utf8(content));
}

export function anyEnd(count: number): Uint8Array {
  return encodeHead('end', '', 0, count);
}

export async function open(bytes: Uint8Array, unlocking: Unlocking = knowing()): Promise<OpenedArchive> {
  return openArchive(stream(bytes), unlocking);
}

/** Everything in an archive, as lines. */
export async function read(bytes: Uint8Array, unlocking?: Unlocking): Promise<string[]> {
  const lines: string[] = [];
  for await (const entry of (await open(bytes, unlocking)).entries()) {
    if (entry.kind === 'link') lines.push(`link ${entry.path} -> ${entry.target}`);
    else if (entry.kind === 'folder') lines.push(`folder ${entry.path} ${entry.mode.toString(8)}`);
    else {
      const content = Buffer.from(await collect(entry.content)).toString();
      lines.push(`file ${entry.path} ${entry.mode.toString(8)} ${content}`);
    }
  }
  return lines;
}
