export { type EnrollmentToken, makeToken, parseToken, tokenHash, tokenId } from './enrollment-token.js';
export { IdentityError, type IdentityErrorCode } from './errors.js';
export { type GenerationSeal, loadGenerationSeal } from './generation.js';
export {
  confirmGeneration,
  type GenerationLine,
  type GenerationVerdict,
  judgeGeneration,
  NO_GENERATIONS,
  nextGeneration,
} from './generation-line.js';
export { createInstance } from './instance.js';
export { pinnedCertificate } from './pinned-certificate.js';
export { createRequestSigner, type RequestSigner, type RequestSignerOptions } from './request-signer.js';
export {
  createRequestVerifier,
  type KnownEnvoy,
  type ReceivedRequest,
  type RequestVerifier,
  type RequestVerifierOptions,
  type VerifiedRequest,
} from './request-verifier.js';
export { authoritiesOf, encodeTrustFile, endOfChain, readTrustFile, writeTrustFile } from './trust-file.js';
