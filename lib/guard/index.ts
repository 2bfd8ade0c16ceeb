export type { GuardFinding, GuardRule } from './finding.js';
export { type Guard, type GuardedAction, makeGuard } from './guard.js';
