import type { Clock } from '../../base/index.js';
import { VaultError } from '../errors.js';
import { type VaultPlace, vaultLayout } from '../format/layout.js';
import { loadMasterKeys } from '../format/master-key.js';
import { Gate } from './gate.js';
import { missingKey, notInitialized } from './missing-key.js';
import { type Failures, readFailures } from './passphrase.js';
import { decodeVerifier, isWeak, readVerifierFile } from './verifier.js';

export interface GateState {
  /** Until when it stays open without being used, ms since 1970; the reason where it is closed. */
  readonly openUntilMs: number | undefined;
  readonly closedBecause: VaultError | undefined;
  /** Wrong passphrases since the last right one. */
  readonly failures: Failures;
  /** Whether the verifier costs less to attack than one of today; the next unlock replaces it. */
  readonly weakVerifier: boolean;
}

/**
 * How the gate stands; nothing is changed, and the time that it stays open isn't prolonged.
 * @throws VaultError `not_initialized`, `key_missing`, `bad_master_key`, `exposed_master_key`, `bad_verifier`
 */
export async function gateState(place: VaultPlace, clock: Clock): Promise<GateState> {
  const layout = vaultLayout(place);
  const keys = await loadMasterKeys(layout.keyFile);
  if (keys === undefined) throw await missingKey(layout);
  try {
    const verifier = await readVerifierFile(layout.verifierFile);
    if (verifier === undefined) throw notInitialized(layout);
    const weakVerifier = isWeak(decodeVerifier(layout.verifierFile, verifier));
    const failures = await readFailures(layout);
    try {
      const openUntilMs = await new Gate(layout, clock).demandOpen(keys, verifier);
      return { openUntilMs, closedBecause: undefined, failures, weakVerifier };
    } catch (error) {
      if (!(error instanceof VaultError)) throw error;
      return { openUntilMs: undefined, closedBecause: error, failures, weakVerifier };
    }
  } finally {
    keys.dispose();
  }
}
