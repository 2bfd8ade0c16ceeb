// A program for misuse.test.ts: a thread that opens what it is sent with a core of its own, and seals it again.
import { parentPort, workerData } from 'node:worker_threads';
import { loadAes256Gcm, loadSha256 } from '../../lib/crypto/index.js';

export interface WorkerInput {
  readonly secret: Uint8Array;
  readonly messages: readonly Uint8Array[];
}

export interface WorkerOutput {
  readonly sealed: readonly Uint8Array[];
  readonly digest: Uint8Array;
}

const { secret, messages } = workerData as WorkerInput;
const [aes, sha256] = await Promise.all([loadAes256Gcm(), loadSha256()]);
const key = aes.importKey(secret);
const aad = new Uint8Array(0);
const opened = messages.map((message) => key.open(message, aad));
const stream = sha256.create();
for (const text of opened) stream.update(text);
parentPort?.postMessage({
  sealed: opened.map((text) => key.seal(text, aad)),
  digest: stream.digest(),
} satisfies WorkerOutput);
