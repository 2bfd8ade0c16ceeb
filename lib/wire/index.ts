export { WireError, type WireErrorCode } from './errors.js';
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
export {
  type CheckIn,
  type CheckInAnswer,
  decodeCheckIn,
  decodeCheckInAnswer,
  type EnvoyRecord,
  encodeCheckIn,
  encodeCheckInAnswer,
  type PolicyBundle,
  type Standing,
  type Traits,
} from './messages/check-in.js';
export {
  AGENT_PATH,
  CA_PATH,
  ENROLL_PATH,
  type EnrollmentAnswer,
  type EnrollmentRequest,
  enrollmentTranscript,
  parseEnrollmentAnswer,
  parseEnrollmentRequest,
} from './messages/enrollment.js';
export {
  type AgentOffer,
  FIRST_OFFER,
  OLDEST_PROTOCOL,
  PROTOCOL,
} from './messages/offer.js';
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
} from './messages/rejection.js';
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
} from './messages/renewal.js';
export {
  decodeResolveSecrets,
  encodeResolveSecrets,
  type ResolveSecrets,
  type SecretRef,
} from './messages/resolve-secrets.js';
export {
  describeRun,
  type OutcomeCounts,
  outcomeOfRun,
  type RunOutcome,
  type RunSummary,
  summarizeRun,
} from './messages/run-outcome.js';
export {
  decodeRunReport,
  encodeRunReport,
  type ResourceOutcome,
  type ResourceResult,
  type RunReport,
} from './messages/run-report.js';
export type { SecretValue } from './messages/secret-batch.js';
export type { AgentMethod, RequestMethod } from './methods.js';
export { demandGranted, type GrantedGeneration, grantGeneration } from './signed/granted-generation.js';
export {
  headHash,
  openHead,
  type PinnedKey,
  type PolicyHead,
  type SignedHead,
  signHead,
} from './signed/policy-head.js';
export { provesRevocation, type RevocationProver, revocationProver } from './signed/revocation.js';
export {
  type AnswerContext,
  decodeSealedAnswer,
  encodeSealedAnswer,
  makeAnswerKey,
  openSealedAnswer,
  type SealedAnswer,
  sealAnswer,
} from './signed/sealed-answer.js';
export {
  decodeSignedRequest,
  encodeSignedRequest,
  INSTANCE_BYTES,
  requestHash,
  type SignedRequest,
  signedBytes,
  type UnsignedRequest,
} from './signed/signed-request.js';
export { type SigningKeyId, signingKeyId } from './signed/signing-key.js';
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
} from './signed/trust-chain.js';
