// A program: every published vector through every path that this machine has, told as one line of JSON. Bundled into one
// file it runs on any architecture and any version of Node: published.test.ts, bench/arch/run.mjs.
import { CryptoError, loadAes256Gcm } from '../../lib/crypto/index.js';
import { runPublished } from './published.js';
import type { PathReport } from './tally.js';

/** What this program prints. */
export type VectorRun =
  | { readonly code: string }
  | { readonly kernel: { readonly build: string; readonly fallback?: string }; readonly paths: readonly PathReport[] };

try {
  const { kernel } = await loadAes256Gcm();
  console.log(JSON.stringify({ kernel, paths: await runPublished() } satisfies VectorRun));
} catch (error) {
  if (!(error instanceof CryptoError)) throw error;
  console.log(JSON.stringify({ code: error.code } satisfies VectorRun));
}
