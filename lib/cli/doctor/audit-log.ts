import type { Check } from './check.js';
import { fail, ok } from './finding.js';

/** Whether the database opens, and the audit log in it holds together. */
export const check: Check = {
  name: 'audit log',
  needsVault: true,
  async run(subject) {
    const store = await subject.store();
    const { verifyLog } = await import('../../audit/index.js');
    const verdict = await verifyLog((fromSeq, limit) => store.readAudit(fromSeq, limit));
    if (verdict.ok) return [ok(`${verdict.size} entries hold together`)];
    const hint = `the ${verdict.verified} entries before it hold together; compare with a backup`;
    return [fail(verdict.message, hint)];
  },
};
