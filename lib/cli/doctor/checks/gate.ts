import { formatTime } from '../../console/table.js';
import type { Check } from '../check.js';
import { type Finding, ok, warn } from '../finding.js';

/** Open or locked: both are as they should be. What isn't: a sentinel of another vault, and somebody who guesses. */
export const check: Check = {
  name: 'gate',
  needsVault: true,
  async run({ layout, clock }) {
    const { gateState } = await import('../../../vault/index.js');
    const { openUntilMs, closedBecause, failures, weakVerifier } = await gateState(layout, clock);
    const findings: Finding[] = [];
    if (openUntilMs !== undefined) {
      findings.push(ok(`unlocked until ${formatTime(openUntilMs)}, and longer when it is used`));
    } else if (closedBecause?.code === 'clock_backwards' || closedBecause?.code === 'unknown_key') {
      findings.push(warn(closedBecause.message, closedBecause.hint));
    } else {
      findings.push(ok(closedBecause?.message ?? 'the vault is locked'));
    }
    if (failures.count > 0) {
      const what = failures.count === 1 ? '1 wrong passphrase' : `${failures.count} wrong passphrases in a row`;
      findings.push(
        warn(
          `${what}, the last at ${formatTime(failures.lastMs)}`,
          'who it was: vigocli audit list --action vault.unlock_failed',
        ),
      );
    }
    if (weakVerifier) {
      findings.push(
        warn(
          'the verifier of the passphrase costs less to attack than one of today',
          'it is replaced by: vigocli secrets unlock',
        ),
      );
    }
    return findings;
  },
};
