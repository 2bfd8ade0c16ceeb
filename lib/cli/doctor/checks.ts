import type { Check } from './check.js';
import { check as auditLog } from './checks/audit-log.js';
import { check as certificates } from './checks/certificates.js';
import { check as envoys } from './checks/envoys.js';
import { check as expiry } from './checks/expiry.js';
import { check as gate } from './checks/gate.js';
import { check as leftovers } from './checks/leftovers.js';
import { check as masterKey } from './checks/master-key.js';
import { check as memory } from './checks/memory.js';
import { check as permissions } from './checks/permissions.js';
import { check as refs } from './checks/refs.js';
import { check as server } from './checks/server.js';
import { check as settings } from './checks/settings.js';
import { check as space } from './checks/space.js';
import { check as swap } from './checks/swap.js';
import { check as vaultFiles } from './checks/vault-files.js';

/** Every check, in the order of the report. */
export const checks: readonly Check[] = [
  permissions,
  masterKey,
  vaultFiles,
  expiry,
  gate,
  leftovers,
  settings,
  refs,
  certificates,
  auditLog,
  server,
  envoys,
  space,
  memory,
  swap,
];
