import type { AgentState } from './agent-state.js';

/** The exit codes of `vigo status`. 2 (wrong usage) and 3 (not allowed) mean what they mean for every command. */
export const STATE_EXITS: Readonly<Record<AgentState, number>> = {
  converged: 0,
  changed: 0,
  failing: 1,
  not_enrolled: 4,
  unreachable: 5,
  revoked: 6,
  quarantined: 7,
  stale: 8,
  unreported: 9,
  drifted: 10,
};
