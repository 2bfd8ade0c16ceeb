export { constantTimeEqual } from './constant-time.js';
export { CryptoError, type CryptoErrorCode } from './errors.js';
export { randomBytes, wipe } from './random.js';
