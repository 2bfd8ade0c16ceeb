export { type CaRequest, generateCa } from './authority.js';
export type { KeyedCertificate, Validity } from './certificate.js';
export { type EnvoyCertificate, type EnvoyCertificateRequest, issueEnvoyCertificate } from './envoy-certificate.js';
export { PkiError, type PkiErrorCode } from './errors.js';
export { readPrivateKey, readPublicKey } from './keys.js';
export { type Lifetime, lifetimeOf } from './lifetime.js';
export {
  assertCa,
  assertIssuedBy,
  assertKeyMatches,
  certificateHash,
  certificateValidity,
} from './read-certificate.js';
export {
  issueServerCertificate,
  type ServerCertificate,
  type ServerCertificateRequest,
  serverNames,
} from './server-certificate.js';
export { drawTrustDomain, type EnvoyName, parseEnvoyUri } from './spiffe.js';
