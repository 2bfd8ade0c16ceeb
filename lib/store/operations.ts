import type { Clock } from '../base/index.js';
import type { Connection } from './sqlite/driver.js';
import type { StoreReads, StoreWrites } from './store.js';
import { type AuditChain, AuditLog } from './tables/audit-log.js';
import { Enrollments } from './tables/enrollment.js';
import { Envoys } from './tables/envoys.js';
import { Fleet } from './tables/fleet.js';
import { Publications } from './tables/publications.js';
import { Runs } from './tables/runs.js';
import { SecretsEpoch } from './tables/secrets-epoch.js';
import { Tokens } from './tables/tokens.js';

export type OperationName = keyof (StoreReads & StoreWrites);

/** The store's interface as it runs inside a transaction: synchronous. */
export type Operations = Synchronous<StoreReads & StoreWrites>;

type Synchronous<T> = {
  [Name in keyof T]: T[Name] extends (...args: infer Args) => Promise<infer Result> ? (...args: Args) => Result : never;
};

/** What each operation needs: `write` takes the database's only write lock. */
export const operationModes: Readonly<Record<keyof StoreReads, 'read'> & Record<keyof StoreWrites, 'write'>> = {
  trustDomain: 'read',
  auditHead: 'read',
  listAudit: 'read',
  readAudit: 'read',
  listEnvoys: 'read',
  activeEnvoys: 'read',
  getEnvoy: 'read',
  listTokens: 'read',
  currentPublication: 'read',
  listPublications: 'read',
  epoch: 'read',
  secretVersions: 'read',
  listRuns: 'read',
  genesis: 'write',
  appendAudit: 'write',
  createToken: 'write',
  revokeToken: 'write',
  consumeTokenAndEnroll: 'write',
  renameEnvoy: 'write',
  revokeEnvoy: 'write',
  quarantineEnvoy: 'write',
  recordFork: 'write',
  releaseEnvoy: 'write',
  recordCertificate: 'write',
  renewCertificate: 'write',
  touchEnvoys: 'write',
  publish: 'write',
  overtake: 'write',
  bumpEpoch: 'write',
  recordSecretVersions: 'write',
  saveRun: 'write',
};

/** Puts the parts of the database together. None of the operations begins or ends a transaction. */
export function makeOperations(db: Connection, chain: AuditChain, clock: Clock): Operations {
  const log = new AuditLog(db, chain, clock);
  const fleet = new Fleet(db, log);
  const tokens = new Tokens(db, log, clock);
  const envoys = new Envoys(db, log, clock);
  const enrollments = new Enrollments(tokens, envoys, log, clock);
  const epoch = new SecretsEpoch(db, log, clock);
  const publications = new Publications(db, log, clock, epoch);
  const runs = new Runs(db);
  return {
    trustDomain: () => fleet.trustDomain(),
    genesis: (trustDomain, entry) => fleet.genesis(trustDomain, entry),

    auditHead: () => log.head(),
    listAudit: (query) => log.list(query),
    readAudit: (fromSeq, limit) => log.read(fromSeq, limit),
    appendAudit: (entry) => log.append(entry),

    createToken: (token, entry) => tokens.create(token, entry),
    listTokens: () => tokens.list(),
    revokeToken: (id, entry) => tokens.revoke(id, entry),
    consumeTokenAndEnroll: (enrollment) => enrollments.consumeToken(enrollment),

    listEnvoys: () => envoys.list(),
    activeEnvoys: () => envoys.active(),
    getEnvoy: (idOrHostName) => envoys.get(idOrHostName),
    renameEnvoy(id, hostName, entry) {
      envoys.rename(id, hostName, entry);
      return epoch.raise();
    },
    revokeEnvoy: (id, entry) => envoys.revoke(id, entry),
    quarantineEnvoy: (id, entry) => envoys.quarantine(id, entry),
    recordFork: (id, fork, options, entry) => envoys.recordFork(id, fork, options, entry),
    releaseEnvoy: (id, entry) => envoys.release(id, entry),
    recordCertificate: (id, certificate) => envoys.recordCertificate(id, certificate),
    renewCertificate: (renewal, entry) => envoys.renewCertificate(renewal, entry),
    touchEnvoys: (sightings) => envoys.touch(sightings),

    publish: (publication, entry) => publications.publish(publication, entry),
    overtake(given, actor, entry) {
      const tokens_withdrawn = tokens.withdrawUnused(Math.max(given.policyVersion, given.secretsEpoch));
      return publications.overtake(given, actor, { ...entry, detail: { ...entry.detail, tokens_withdrawn } });
    },
    currentPublication: () => publications.current(),
    listPublications: () => publications.list(),

    epoch: () => epoch.current(),
    bumpEpoch: (entry) => epoch.bump(entry),
    secretVersions: () => epoch.versions(),
    recordSecretVersions: (changes, entry) => epoch.recordVersions(changes, entry),

    saveRun: (envoyId, report) => runs.save(envoyId, report),
    listRuns: (envoyId, limit) => runs.list(envoyId, limit),
  };
}
