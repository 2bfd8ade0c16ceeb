import { checkIns, resolves } from './calls.js';
import { handshakes, memory, storm } from './connections.js';
import { enrollments } from './enroll-race.js';
import type { Stage } from './stage.js';

/** What is measured, in this order. */
export const parts: Readonly<Record<string, (stage: Stage) => Promise<void>>> = {
  'check-ins': checkIns,
  resolves,
  enrollments,
  handshakes,
  storm,
  memory,
};
