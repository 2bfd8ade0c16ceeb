import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { processLockOwner } from '../../../files/index.js';
import type { Check } from '../check.js';
import { fail, ok, warn } from '../finding.js';

const LOCK = 'vigosrv.lock';

/** Whether the server runs, was stopped, or was killed. One that ends by itself takes its announcement and its lock back. */
export const check: Check = {
  name: 'server',
  needsVault: true,
  async run({ home }) {
    if (!existsSync(home.run)) return [ok('vigosrv has not run here yet')];
    const owner = await processLockOwner(join(home.run, LOCK));
    const isAnnounced = existsSync(home.apiEndpoint);
    if (owner !== undefined) {
      const who = owner.pid === undefined ? 'vigosrv, in another container,' : `vigosrv, process ${owner.pid},`;
      if (isAnnounced) return [ok(`${who} runs`)];
      return [warn(`${who} runs but doesn't serve yet`, 'wait until it has started; its log says what it waits for')];
    }
    if (!isAnnounced && !isLockLeft(home.run)) return [ok('vigosrv is stopped')];
    const left = isAnnounced ? home.apiEndpoint : join(home.run, LOCK);
    return [
      fail(
        `vigosrv was killed: ${left} is left of it, and no such process runs`,
        'find out what killed it (its log, journalctl -k for lack of memory), then start it: that removes what is left',
      ),
    ];
  },
};

/** A lock that was given back is an empty file. */
function isLockLeft(run: string): boolean {
  const names = readdirSync(run).filter((name) => name.startsWith(`${LOCK}.`) && !name.endsWith('.socket'));
  return names.some((name) => (lstatSync(join(run, name), { throwIfNoEntry: false })?.size ?? 0) > 0);
}
