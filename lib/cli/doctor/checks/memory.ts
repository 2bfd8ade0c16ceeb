import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { type CoreDumps, processLockOwner, readCoreDumps } from '../../../files/index.js';
import type { Check } from '../check.js';
import { type Finding, ok, warn } from '../finding.js';

/** Whether secrets in memory can end up in a core dump: of this program, and of the server that runs here. */
export const check: Check = {
  name: 'memory',
  needsVault: false,
  async run({ home }) {
    const findings = [judgeCoreDumps('vigocli', readCoreDumps('self'))];
    const server = existsSync(home.run) ? await processLockOwner(join(home.run, 'vigosrv.lock')) : undefined;
    if (server === undefined) return findings;
    const { pid } = server;
    if (pid === undefined) {
      return [...findings, warn("vigosrv runs where its memory can't be looked at", 'ask the doctor in its container')];
    }
    return [...findings, judgeCoreDumps(`vigosrv, process ${pid}`, readCoreDumps(pid))];
  },
};

export function judgeCoreDumps(who: string, { limit, filter, piped }: CoreDumps): Finding {
  const hint = 'set LimitCORE=0 in the unit file, or ulimit -c 0';
  if (limit === undefined && filter === undefined) return warn(`${who}: its core dumps can't be seen into`, hint);
  const state = `core limit ${limit ?? 'unknown'}, coredump_filter ${filter === undefined ? 'unknown' : `0x${filter.toString(16)}`}`;
  if (filter === 0) return ok(`${who}: its memory is left out of core dumps (${state})`);
  if (limit === '0' && piped === false) return ok(`${who}: no core dumps (${state})`);
  const why = limit === '0' ? ', and the limit does not hold for dumps that are piped to a program' : '';
  return warn(`${who}: its memory may be written to a core dump (${state}${why})`, hint);
}
