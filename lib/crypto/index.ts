export {
  type Aes256Gcm,
  type Aes256GcmKey,
  type KernelInfo,
  loadAes256Gcm,
  SEAL_OVERHEAD_BYTES,
} from './aes/aes-256-gcm.js';
export { type Argon2id, type Argon2idCost, loadArgon2id } from './argon2id.js';
export { constantTimeEqual } from './constant-time.js';
export { type CoreInfo, coreInfo } from './core-info.js';
export { type Ed25519, type Ed25519Signer, loadEd25519 } from './ed25519.js';
export { CryptoError, type CryptoErrorCode } from './errors.js';
export { type HkdfInput, type HmacSha256, loadHmacSha256 } from './hmac-sha256.js';
export { randomBytes, wipe } from './random.js';
export { loadSha256, type Sha256, type Sha256Stream } from './sha256.js';
export { loadXWing, type XWing } from './x-wing.js';
