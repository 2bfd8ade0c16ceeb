import { check as auditLog } from './audit-log.js';
import { check as certificates } from './certificates.js';
import type { Check } from './check.js';
import { check as envoys } from './envoys.js';
import { check as expiry } from './expiry.js';
import { check as gate } from './gate.js';
import { check as leftovers } from './leftovers.js';
import { check as masterKey } from './master-key.js';
import { check as memory } from './memory.js';
import { check as permissions } from './permissions.js';
import { check as refs } from './refs.js';
import { check as server } from './server.js';
import { check as settings } from './settings.js';
import { check as space } from './space.js';
import { check as swap } from './swap.js';
import { check as vaultFiles } from './vault-files.js';

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
