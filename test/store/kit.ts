/** What the store's tests share: a real database in a folder of its own, and the programs that use it. */
import { type ChildProcess, fork } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { Test } from 'tap';
import { loadAuditChain } from '../../lib/audit/index.js';
import {
  type Clock,
  type EnvoyId,
  type HostName,
  parseEnvoyId,
  parseHostName,
  uuidFrom,
} from '../../lib/base/index.js';
import { type AuditChain, connectStore, type EntryDraft, openStore, type Store } from '../../lib/store/index.js';

export const chain: AuditChain = await loadAuditChain();

export class ManualClock implements Clock {
  ms = 1_700_000_000_000;

  nowMs(): number {
    return this.ms;
  }
}

export const entry: EntryDraft = { action: 'secret.set', actor: 'root@host', subject: 'some/key', outcome: 'done' };

/** A chain that can't write anything. */
export const brokenChain: AuditChain = {
  empty: chain.empty,
  append() {
    throw new Error('this chain is broken');
  },
};

/** The path of a database that isn't there yet. */
export function newPath(t: Test): string {
  return join(t.testdir(), 'db', 'vigo.db');
}

export async function newStore(t: Test, clock: Clock = new ManualClock()): Promise<Store> {
  return reopen(t, newPath(t), clock);
}

export async function reopen(t: Test, path: string, clock: Clock = new ManualClock()): Promise<Store> {
  const store = await openStore({ path, chain, clock });
  t.teardown(() => store.close());
  return store;
}

export function startWorker(path: string): Worker {
  return new Worker(new URL('./fixture/store-worker.ts', import.meta.url), { workerData: { path } });
}

export function newRemoteStore(t: Test, path: string): Store {
  const store = connectStore(startWorker(path));
  t.teardown(() => store.close());
  return store;
}

/** Runs a program of `fixture/` as a process of its own. */
export function startProgram(name: string, ...args: readonly string[]): ChildProcess {
  return fork(fileURLToPath(new URL(`./fixture/${name}`, import.meta.url)), args, {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

export function bytes32(fill: number): Uint8Array {
  return new Uint8Array(32).fill(fill);
}

export function envoyId(fill: number): EnvoyId {
  return parseEnvoyId(uuidFrom(new Uint8Array(16).fill(fill)));
}

export function host(name: string): HostName {
  return parseHostName(name);
}

/** Makes an envoy the only way there is. */
export async function enroll(store: Store, fill: number, hostName: string): Promise<EnvoyId> {
  const hash = bytes32(fill + 128);
  await store.createToken({ id: `t${fill}`, hash, match: undefined, expiresAtMs: Number.MAX_SAFE_INTEGER }, entry);
  const result = await store.consumeTokenAndEnroll({
    tokenHash: hash,
    hostName: host(hostName),
    ed25519PublicKey: bytes32(fill),
    tlsPublicKeyHash: bytes32(fill),
    remoteAddress: '192.0.2.1',
    newEnvoyId: envoyId(fill),
  });
  if (result.outcome !== 'enrolled') throw new Error(`not enrolled: ${JSON.stringify(result)}`);
  return result.envoyId;
}
