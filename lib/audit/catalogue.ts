/** Everything that can stand in the log, with what it means when its outcome is `done`. */
export const auditActions = {
  'vault.initialized': 'the master key and the verifier of the passphrase were made',
  'vault.unlocked': 'the gate was opened with the passphrase',
  'vault.unlock_failed': 'somebody gave a wrong passphrase',
  'vault.locked': 'the gate was closed',
  'vault.denied': 'a gated verb was refused because the gate is closed',
  'vault.rotated': 'the passphrase was replaced by somebody who knew it',
  'vault.reset': 'the passphrase was replaced by somebody who could read the master key',
  'vault.rekeyed': 'the master key was replaced, and every file encrypted anew',
  'backup.made': 'everything of the server, the master key too, was copied into an encrypted archive',
  'backup.restored': 'this home was made of an archive',
  'secret.set': 'a secret got a new version',
  secret_accessed: "a secret's value was shown to a person",
  'secret.deleted': 'a secret was removed',
  'secret.purged': 'a secret was removed with all its versions',
  'secret.rolled_back': 'a secret got the value of an earlier version',
  'secret.moved': 'a secret got another name, with its versions',
  'secret.listed': 'the names of the secrets were shown',
  'secret.history_listed': 'the versions of a secret were shown, without values',
  'secret.changed': 'the server noticed that secrets have other versions than before',
  'secret.epoch_resolved': 'an envoy was given the values that its bundle refers to',
  'secret.entitlement_denied': 'an envoy asked for a secret that its bundle does not refer to',
  'pki.certificates_generated': 'a CA and a server certificate were made',
  'pki.server_renewed': 'the server got another certificate of the same CA',
  'pki.certificates_loaded': 'a server that runs took other certificates into use',
  'server.started': 'a server process started',
  'server.stopped': 'a server process stopped in good order',
  'token.created': 'an enrollment token was made',
  'token.revoked': 'an enrollment token was withdrawn',
  'enrollment.refused': 'a machine tried to enroll and may not',
  'envoy.enrolled': 'a machine became an envoy',
  'envoy.renewed': 'an envoy got a new certificate over a new key',
  'envoy.renamed': 'an envoy got another host name',
  'envoy.revoked': 'an envoy was expelled for good',
  'config.published': 'a config became the live one',
  'config.rolled_back': 'an earlier config became the live one again',
  'request.rejected': "an agent's request was forged, altered or replayed",
  'api.denied': 'a call of the HTTPS API was refused',
} as const satisfies Record<string, string>;

export type AuditAction = keyof typeof auditActions;

export function isAuditAction(text: string): text is AuditAction {
  return Object.hasOwn(auditActions, text);
}
