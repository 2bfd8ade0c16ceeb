import t from 'tap';
import { auditActions, isAuditAction } from '../../lib/audit/index.js';

t.test('the names that the specification fixes', async (t) => {
  for (const name of ['secret_accessed', 'secret.epoch_resolved', 'secret.entitlement_denied']) {
    t.ok(isAuditAction(name), name);
  }
});

t.test('every action has a meaning', async (t) => {
  for (const [name, meaning] of Object.entries(auditActions)) t.match(meaning, /^[^.]{10,}$/, name);
});

t.test('what an object inherits is no action', async (t) => {
  t.notOk(isAuditAction('toString'));
  t.notOk(isAuditAction('__proto__'));
});
