import { formatTime } from '../../console/table.js';
import type { Check } from '../check.js';
import { fail, ok, warn } from '../finding.js';

const RECENT_MS = 14 * 86_400_000;

/** Whether the database opens, and the audit log in it holds together; and whether it has forgotten something lately. */
export const check: Check = {
  name: 'audit log',
  needsVault: true,
  async run(subject) {
    const store = await subject.store();
    const { verifyLog } = await import('../../../audit/index.js');
    const verdict = await verifyLog((fromSeq, limit) => store.readAudit(fromSeq, limit));
    if (!verdict.ok) {
      const hint = `the ${verdict.verified} entries before it hold together; compare with a backup`;
      return [fail(verdict.message, hint)];
    }
    const { listRestores } = await import('../../host/restores.js');
    const recent = (await listRestores(store)).filter(({ atMs }) => atMs > subject.clock.nowMs() - RECENT_MS);
    return [
      ok(`${verdict.size} entries hold together`),
      ...recent.map(({ seq, atMs }) =>
        warn(
          `entry ${seq}: an earlier state was put back, as was found ${formatTime(atMs)}`,
          'do again what was done since that state: revoke, quarantine, rename; vigocli envoys list shows who is active',
        ),
      ),
    ];
  },
};
