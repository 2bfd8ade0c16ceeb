import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FreeSpace, freeSpace } from '../../../files/index.js';
import type { Check } from '../check.js';
import { type Finding, fail, ok, warn } from '../finding.js';

const MIB = 1_048_576;
const LEAST_BYTES = 32 * MIB;
const FEW_BYTES = 512 * MIB;
const LEAST_FILES = 100;
const FEW_FILES = 10_000;

/** Whether what has to be written can be. */
export const check: Check = {
  name: 'space',
  needsVault: true,
  async run({ home, layout, places }) {
    const folders = [
      home.root,
      layout.secretsDir,
      layout.keysDir,
      dirname(places.databasePath),
      home.run,
      home.published,
    ];
    const there = [...new Set(folders)].filter((path) => existsSync(path));
    const findings = there.map((path) => judgeSpace(path, freeSpace(path)));
    const bad = findings.filter(({ status }) => status !== 'ok');
    // Mostly all of them lie on one file system, and then one line says it.
    return bad.length > 0 ? bad.filter(isFirstOfItsKind) : findings.slice(0, 1);
  },
};

export function judgeSpace(path: string, { bytes, files = Number.POSITIVE_INFINITY, readOnly }: FreeSpace): Finding {
  const left = `${path}: ${formatBytes(bytes)} free`;
  if (readOnly) return fail(`${path}: the file system is read-only`, 'find out why: the kernel does that after errors');
  if (bytes < LEAST_BYTES) return fail(left, 'free some space: nothing can be stored or recorded without it');
  if (files < LEAST_FILES) return fail(`${path}: room for ${files} more files`, 'remove files: each secret is one');
  if (bytes < FEW_BYTES) return warn(left, 'free some space');
  if (files < FEW_FILES) return warn(`${path}: room for ${files} more files`, 'remove files: each secret is one');
  return ok(left);
}

function isFirstOfItsKind({ message }: Finding, i: number, all: readonly Finding[]): boolean {
  const kind = message.slice(message.indexOf(': '));
  return all.findIndex((other) => other.message.endsWith(kind)) === i;
}

function formatBytes(bytes: number): string {
  const mib = bytes / MIB;
  return mib < 1024 ? `${Math.floor(mib)} MiB` : `${(mib / 1024).toFixed(1)} GiB`;
}
