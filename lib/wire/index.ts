export {
  type CheckIn,
  type CheckInAnswer,
  decodeCheckIn,
  decodeCheckInAnswer,
  type EnvoyRecord,
  encodeCheckIn,
  encodeCheckInAnswer,
  type PolicyBundle,
  readsRecord,
  type Standing,
  type Traits,
  withProtocol,
} from './check-in.js';
export {
  AGENT_PATH,
  CA_PATH,
  ENROLL_PATH,
  type EnrollmentAnswer,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentAnswer,
  parseEnrollmentRequest,
} from './enrollment.js';
export { WireError, type WireErrorCode } from './errors.js';
export { demandGranted, type GrantedGeneration, grantGeneration } from './granted-generation.js';
export {
  GENERATION_BYTES,
  MAX_ANSWER_BYTES,
  MAX_BODY_BYTES,
  MAX_BUNDLE_SECRET_BYTES,
  MAX_REFS,
  MAX_RESULT_MESSAGE_CHARS,
  MAX_SECRET_BYTES,
  MAX_TRAIT_BYTES,
  MAX_TRAITS,
  MAX_WATCHES,
  maxRequestBytes,
  WATCH_MARK_BYTES,
} from './limits.js';
export { headHash, openHead, type PinnedKey, type PolicyHead, type SignedHead, signHead } from './policy-head.js';
export {
  decodeRejection,
  encodeRejection,
  REJECTION_TRAILER,
  Rejection,
  type RejectionDetails,
  type RejectionReason,
  refusalFor,
  rejectionFromJson,
  rejectionToJson,
} from './rejection.js';
export {
  decodeRenewal,
  encodeRenewal,
  parseRenewalAnswer,
  RENEW_PATH,
  type Renewal,
  type RenewalAnswer,
  renewalFromJson,
  renewalProofBytes,
  renewalToJson,
} from './renewal.js';
export { decodeResolveSecrets, encodeResolveSecrets, type ResolveSecrets, type SecretRef } from './resolve-secrets.js';
export { provesRevocation, type RevocationProver, revocationProver } from './revocation.js';
export { describeRun, outcomeOfRun, type RunOutcome, type RunSummary, summarizeRun } from './run-outcome.js';
export {
  decodeRunReport,
  encodeRunReport,
  type ResourceOutcome,
  type ResourceResult,
  type RunReport,
} from './run-report.js';
export {
  type AnswerContext,
  decodeSealedAnswer,
  encodeSealedAnswer,
  makeAnswerKey,
  openSealedAnswer,
  type SealedAnswer,
  sealAnswer,
} from './sealed-answer.js';
export type { SecretValue } from './secret-batch.js';
export {
  type AgentMethod,
  decodeSignedRequest,
  encodeSignedRequest,
  INSTANCE_BYTES,
  type RequestMethod,
  requestHash,
  type SignedRequest,
  signedBytes,
  type UnsignedRequest,
} from './signed-request.js';
export { type SigningKeyId, signingKeyId } from './signing-key.js';
export {
  authorityPem,
  chainFromJson,
  chainToJson,
  demandWholeChain,
  followChain,
  MAX_AUTHORITIES,
  MAX_STATEMENTS,
  NO_HEAD,
  readStatement,
  type SignedStatement,
  signStatement,
  statementHash,
  TRUST_PATH,
  type TrustPosition,
  type TrustStatement,
} from './trust-chain.js';
