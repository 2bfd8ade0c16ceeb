import { type ErrorDetails, type ErrorKind, VigoError } from '../base/index.js';

const CRYPTO_ERRORS = {
  bad_size: 'invalid', // a key, nonce, salt or signature of another length
  bad_key: 'invalid', // bytes of the right length that aren't a public key
  forged: 'corrupt', // the one answer to every ciphertext that doesn't authenticate
  disposed: 'internal', // a key was used after it was wiped
  limit: 'exhausted', // more than the primitive can do safely, or with the memory there is
  self_test: 'internal', // a known answer came out wrong: stop the program
  unsupported: 'precondition', // this machine or this runtime can't run the primitive
} as const satisfies Record<string, ErrorKind>;

export type CryptoErrorCode = keyof typeof CRYPTO_ERRORS;

/** A failure of the core. Its message never says more about a secret than a length. */
export class CryptoError extends VigoError<CryptoErrorCode> {
  constructor(code: CryptoErrorCode, message: string, details?: ErrorDetails) {
    super('crypto', CRYPTO_ERRORS[code], code, message, details);
  }
}
