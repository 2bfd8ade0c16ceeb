export { type EnrollmentToken, makeToken, parseToken, tokenHash, tokenId } from './enrollment-token.js';
export { IdentityError, type IdentityErrorCode } from './errors.js';
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
