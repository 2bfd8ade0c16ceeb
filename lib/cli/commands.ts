import { command as auditList } from './commands/audit/list.js';
import { command as auditVerify } from './commands/audit/verify.js';
import { command as backupKeygen } from './commands/backup/keygen.js';
import { command as backup } from './commands/backup/make.js';
import { command as backupRecipientsAdd } from './commands/backup/recipients-add.js';
import { command as backupRecipientsList } from './commands/backup/recipients-list.js';
import { command as backupRecipientsRemove } from './commands/backup/recipients-remove.js';
import { command as backupVerify } from './commands/backup/verify.js';
import { command as bench } from './commands/bench.js';
import { command as completion } from './commands/completion.js';
import { command as configHistory } from './commands/config/history.js';
import { command as configPublish } from './commands/config/publish.js';
import { command as configRollback } from './commands/config/rollback.js';
import { command as configValidate } from './commands/config/validate.js';
import { command as doctor } from './commands/doctor.js';
import { command as envoysList } from './commands/envoys/list.js';
import { command as envoysQuarantine } from './commands/envoys/quarantine.js';
import { command as envoysRelease } from './commands/envoys/release.js';
import { command as envoysRename } from './commands/envoys/rename.js';
import { command as envoysRevoke } from './commands/envoys/revoke.js';
import { command as envoysShow } from './commands/envoys/show.js';
import { command as envoysToken } from './commands/envoys/token.js';
import { command as envoysTokenList } from './commands/envoys/token-list.js';
import { command as envoysTokenRevoke } from './commands/envoys/token-revoke.js';
import { command as pkiRenewServer } from './commands/pki/renew-server.js';
import { command as pkiRotateCa } from './commands/pki/rotate-ca.js';
import { command as pkiRotateKeys } from './commands/pki/rotate-keys.js';
import { command as pkiShow } from './commands/pki/show.js';
import { command as restore } from './commands/restore.js';
import { command as secretsDelete } from './commands/secrets/delete.js';
import { command as secretsEdit } from './commands/secrets/edit.js';
import { command as secretsGenerate } from './commands/secrets/generate.js';
import { command as secretsGenerateCerts } from './commands/secrets/generate-certs.js';
import { command as secretsHistory } from './commands/secrets/history.js';
import { command as secretsInit } from './commands/secrets/init.js';
import { command as secretsList } from './commands/secrets/list.js';
import { command as secretsLock } from './commands/secrets/lock.js';
import { command as secretsMv } from './commands/secrets/mv.js';
import { command as secretsRekey } from './commands/secrets/rekey.js';
import { command as secretsReset } from './commands/secrets/reset.js';
import { command as secretsReveal } from './commands/secrets/reveal.js';
import { command as secretsRollback } from './commands/secrets/rollback.js';
import { command as secretsRotate } from './commands/secrets/rotate.js';
import { command as secretsSearch } from './commands/secrets/search.js';
import { command as secretsSetPassword } from './commands/secrets/set-password.js';
import { command as secretsSetRaw } from './commands/secrets/set-raw.js';
import { command as secretsUnlock } from './commands/secrets/unlock.js';
import type { Command } from './console/command.js';

/** Every command, in the order in which the help lists them. */
export const commands: readonly Command[] = [
  secretsInit,
  secretsUnlock,
  secretsLock,
  secretsRotate,
  secretsReset,
  secretsSetRaw,
  secretsSetPassword,
  secretsEdit,
  secretsGenerate,
  secretsReveal,
  secretsHistory,
  secretsRollback,
  secretsMv,
  secretsDelete,
  secretsList,
  secretsSearch,
  secretsRekey,
  secretsGenerateCerts,
  pkiShow,
  pkiRenewServer,
  pkiRotateCa,
  pkiRotateKeys,
  configValidate,
  configPublish,
  configRollback,
  configHistory,
  envoysToken,
  envoysTokenList,
  envoysTokenRevoke,
  envoysList,
  envoysShow,
  envoysRename,
  envoysQuarantine,
  envoysRelease,
  envoysRevoke,
  auditList,
  auditVerify,
  doctor,
  backup,
  backupVerify,
  backupKeygen,
  backupRecipientsAdd,
  backupRecipientsList,
  backupRecipientsRemove,
  restore,
  bench,
  completion,
];
