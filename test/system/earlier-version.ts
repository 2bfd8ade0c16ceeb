import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliDecompressSync } from 'node:zlib';
import type { Test } from 'tap';

const FIXTURE = fileURLToPath(new URL('../fixtures/7eaf111/', import.meta.url));

interface Manifest {
  /** The commit that the programs were built from. */
  readonly commit: string;
  /** In the order in which they stand in `programs.br`. */
  readonly programs: readonly { readonly program: string; readonly bytes: number; readonly sha256: string }[];
}

/**
 * Unpacks the programs of the version before. They were built once, from the commit that the manifest names, and are never
 * built again: what they do is what machines in the field do.
 * @returns their folder, inside of this project, where they find the database driver
 */
export function earlierPrograms(t: Test): string {
  const { programs }: Manifest = JSON.parse(readFileSync(join(FIXTURE, 'programs.json'), 'utf8'));
  const all = brotliDecompressSync(readFileSync(join(FIXTURE, 'programs.br')));
  const folder = join(t.testdir(), 'programs');
  mkdirSync(folder);
  let at = 0;
  for (const { program, bytes, sha256 } of programs) {
    const code = all.subarray(at, at + bytes);
    t.equal(createHash('sha256').update(code).digest('hex'), sha256, `${program} is the program that was built then`);
    writeFileSync(join(folder, `${program}.mjs`), code);
    at += bytes;
  }
  return folder;
}

/** A server's home, an envoy's folders, a backup and its passphrase, all made by the programs of the version before. */
export interface EarlierHome {
  readonly home: string;
  readonly agent: string;
  readonly backup: string;
  readonly passphrase: string;
}

export function earlierHome(t: Test): EarlierHome {
  const folder = t.testdir();
  execFileSync('tar', ['-xzpf', join(FIXTURE, 'home.tgz'), '-C', folder, '--no-same-owner']);
  const [home, agent, backup, passphrase] = ['home', 'agent', 'backup.vgb', 'passphrase'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string];
  return { home, agent, backup, passphrase };
}
