import type { Check } from './check.js';
import { type Finding, fail, ok, warn } from './finding.js';

const OLDEST = [20, 11] as const;
/** When a line of Node gets its last security fixes (https://github.com/nodejs/release). Odd ones are none for a server. */
const LAST_FIXES: Readonly<Record<number, string>> = { 20: '2026-04-30', 22: '2027-04-30', 24: '2028-04-30' };

export const check: Check = {
  name: 'node',
  needsVault: false,
  run: async ({ clock }) => [judgeNode(process.versions.node, clock.nowMs())],
};

/** @param version like `22.11.0` */
export function judgeNode(version: string, nowMs: number): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const recommended = 'Node 22 is recommended';
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return fail(`Node ${version} is older than ${OLDEST.join('.')}`, recommended);
  }
  const last = LAST_FIXES[major];
  if (last !== undefined && Date.parse(last) < nowMs) {
    return warn(`Node ${version}: its line got its last security fixes on ${last}`, recommended);
  }
  if (major % 2 === 1) return warn(`Node ${version} is of a line without long-term support`, recommended);
  return ok(last === undefined ? `Node ${version}` : `Node ${version}, with security fixes until ${last}`);
}
