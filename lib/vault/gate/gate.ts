import { realpath } from 'node:fs/promises';
import {
  ByteReader,
  type Clock,
  concatBytes,
  encodeCanonical,
  equalBytes,
  formatDuration,
  toHex,
  u64,
  utf8,
} from '../../base/index.js';
import { constantTimeEqual, loadHmacSha256, loadSha256, wipe } from '../../crypto/index.js';
import { FilesError, readFileLimited, removeFile, writeFileAtomic } from '../../files/index.js';
import { VaultError } from '../errors.js';
import type { VaultLayout } from '../format/layout.js';
import type { MasterKey, MasterKeys } from '../format/master-key.js';
import { KEY_ID_BYTES } from '../format/vault-file.js';

/** How long the vault stays unlocked without being used. */
export const UNLOCK_IDLE_MS = 24 * 3_600_000;

const MAGIC = utf8('VGU1');
const MAC_BYTES = 32;
const SENTINEL_BYTES = MAGIC.length + KEY_ID_BYTES + 8 + MAC_BYTES;

/**
 * The unlock gate (V3): a sentinel beside the secrets folder, `"VGU1" | key id 8 | last use ms u64 | HMAC 32`. The HMAC
 * binds the time to the verifier and the folder, under a key derived from the master key; so a sentinel can't be
 * prolonged by hand, outlives no change of the passphrase, and opens no copy of the vault.
 *
 * It deters accidents. Whoever can read the master key can read the vault, gate or no gate.
 */
export class Gate {
  readonly #layout: VaultLayout;
  readonly #clock: Clock;

  constructor(layout: VaultLayout, clock: Clock) {
    this.#layout = layout;
    this.#clock = clock;
  }

  /**
   * @returns until when it stays open without being used: milliseconds since 1970
   * @throws VaultError `locked`, `expired`, `clock_backwards`; `unknown_key` where it was unlocked with another key
   */
  async demandOpen(keys: MasterKeys, verifier: Uint8Array): Promise<number> {
    const sentinel = await this.#read();
    const reader = new ByteReader(sentinel.subarray(MAGIC.length));
    const keyId = reader.bytes(KEY_ID_BYTES);
    const lastUse = reader.bytes(8);
    const key = keys.find(keyId);
    if (key === undefined) {
      throw new VaultError('unknown_key', `the vault was unlocked with master key ${toHex(keyId)}, not the one here`, {
        hint: 'put the right master key in its place; if it is the right one, run: vigocli secrets unlock',
      });
    }
    const mac = await this.#mac(key, verifier, lastUse);
    if (!constantTimeEqual(mac, reader.rest())) throw locked("the sentinel isn't this vault's");
    const lastUseMs = new ByteReader(lastUse).u64();
    const idleMs = this.#clock.nowMs() - lastUseMs;
    if (idleMs >= UNLOCK_IDLE_MS) {
      throw closed('expired', `the vault was not used for ${formatDuration(UNLOCK_IDLE_MS)} and is locked again`);
    }
    // A clock that was set back would stretch the 24 hours.
    if (idleMs < 0) throw closed('clock_backwards', 'the vault is locked: the clock was set back since its last use');
    return lastUseMs + UNLOCK_IDLE_MS;
  }

  /** Opens the gate, or prolongs it: 24 hours from now. */
  async open(keys: MasterKeys, verifier: Uint8Array): Promise<void> {
    const lastUse = u64(this.#clock.nowMs());
    const mac = await this.#mac(keys.current, verifier, lastUse);
    const sentinel = concatBytes(MAGIC, keys.current.id, lastUse, mac);
    await writeFileAtomic(this.#layout.sentinelFile, sentinel, { mode: 0o600 });
  }

  /** Closes the gate; closed already is fine. */
  async close(): Promise<void> {
    try {
      await removeFile(this.#layout.sentinelFile);
    } catch (error) {
      if (!(error instanceof FilesError) || error.code !== 'not_found') throw error;
    }
  }

  async #read(): Promise<Uint8Array> {
    const sentinel = await readFileLimited(this.#layout.sentinelFile, SENTINEL_BYTES).catch((cause) => {
      if (cause instanceof FilesError && cause.code === 'not_found') throw locked();
      throw cause instanceof FilesError ? locked(cause.message, cause) : cause;
    });
    if (sentinel.length !== SENTINEL_BYTES || !equalBytes(sentinel.subarray(0, MAGIC.length), MAGIC)) {
      throw locked('the sentinel is damaged');
    }
    return sentinel;
  }

  async #mac(key: MasterKey, verifier: Uint8Array, lastUse: Uint8Array): Promise<Uint8Array> {
    const [hmac, sha256] = await Promise.all([loadHmacSha256(), loadSha256()]);
    const info = encodeCanonical('vigo/vault-gate-key/v1');
    const gateKey = hmac.deriveKey({ secret: key.secret.expose(), info }, MAC_BYTES);
    const folder = await realpath(this.#layout.secretsDir);
    const mac = hmac.mac(gateKey, encodeCanonical('vigo/vault-gate/v1', lastUse, sha256.digest(verifier), folder));
    wipe(gateKey);
    return mac;
  }
}

function locked(why?: string, cause?: unknown): VaultError {
  return closed('locked', why === undefined ? 'the vault is locked' : `the vault is locked: ${why}`, cause);
}

function closed(code: 'locked' | 'expired' | 'clock_backwards', message: string, cause?: unknown): VaultError {
  return new VaultError(code, message, { cause, hint: 'run: vigocli secrets unlock' });
}
