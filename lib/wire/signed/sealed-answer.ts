import { encodeCanonical, equalBytes } from '../../base/index.js';
import {
  type Aes256GcmKey,
  CryptoError,
  type Ed25519Signer,
  loadAes256Gcm,
  loadEd25519,
  loadHmacSha256,
  loadXWing,
  wipe,
} from '../../crypto/index.js';
import { SealedAnswer as Message } from '../../gen/proto/vigo/v1/messages.js';
import { WireError } from '../errors.js';
import { decodeSecretBatch, encodeSecretBatch, type SecretValue } from '../messages/secret-batch.js';
import { counter, decodeStrict, sized } from '../strict.js';
import type { PinnedKey } from './policy-head.js';
import { SIGNATURE_BYTES } from './signed-request.js';
import { signingKeyId } from './signing-key.js';

export const KEM_PUBLIC_KEY_BYTES = 1216;
const KEM_CIPHERTEXT_BYTES = 1120;
const KEY_ID_BYTES = 8;
const AES_KEY_BYTES = 32;
/** Nonce and tag: what sealing adds to no plaintext at all. */
const MIN_SEALED_BYTES = 28;

/**
 * Values sealed to the one request that asked for them: confidential against whoever reads the decrypted stream
 * (X-Wing, AES-256-GCM), authentic against whoever holds the server's TLS keys (Ed25519 by the policy key).
 */
export interface SealedAnswer {
  readonly keyId: Uint8Array;
  readonly secretsEpoch: number;
  readonly kemCiphertext: Uint8Array;
  /** nonce | ciphertext | tag */
  readonly sealed: Uint8Array;
  readonly signature: Uint8Array;
}

/** What ties an answer to its request. */
export interface AnswerContext {
  /** `requestHash('ResolveSecrets', …)` of the request being answered. */
  readonly requestHash: Uint8Array;
  /** The request's X-Wing public key, 1,216 bytes. */
  readonly kemPublicKey: Uint8Array;
}

/** The key of one answer, which the request's own key was turned into before there is anything to seal. */
export interface AnswerKey {
  readonly context: AnswerContext;
  readonly kemCiphertext: Uint8Array;
  readonly key: Aes256GcmKey;
}

/**
 * Makes the key for one answer; the caller disposes of `key`.
 * @throws WireError `malformed` where the request's bytes are nobody's public key (FIPS 203 section 7.2), or an X25519
 * share that leads to zeros
 */
export async function makeAnswerKey(context: AnswerContext): Promise<AnswerKey> {
  const { ciphertext: kemCiphertext, sharedSecret } = await encapsulate(context.kemPublicKey);
  return { context, kemCiphertext, key: await answerKey(context, kemCiphertext, sharedSecret) };
}

/** Seals values that were read after `secretsEpoch`, so that a change in between is asked for again. */
export async function sealAnswer(
  { context, kemCiphertext, key }: AnswerKey,
  secretsEpoch: number,
  values: readonly SecretValue[],
  signer: Pick<Ed25519Signer, 'publicKey' | 'sign'>,
): Promise<SealedAnswer> {
  const batch = encodeSecretBatch(values);
  try {
    const sealed = key.seal(batch, answerAad(context, secretsEpoch));
    const keyId = await signingKeyId(signer.publicKey);
    const unsigned = { keyId, secretsEpoch, kemCiphertext, sealed };
    return { ...unsigned, signature: signer.sign(answerBytes(context, unsigned)) };
  } finally {
    wipe(batch);
  }
}

/**
 * Opens an answer with the secret key that was made for the request.
 * @throws WireError `forged` for every reason to refuse it, `malformed` where the sealed batch isn't one.
 */
export async function openSealedAnswer(
  context: AnswerContext,
  answer: SealedAnswer,
  kemSecretKey: Uint8Array,
  pinned: PinnedKey,
): Promise<SecretValue[]> {
  const ed25519 = await loadEd25519();
  // Against a server that isn't ours though its certificate is: whoever holds the TLS or CA key lacks the policy key.
  if (
    !equalBytes(answer.keyId, pinned.keyId) ||
    !ed25519.verify(answer.signature, answerBytes(context, answer), pinned.publicKey)
  ) {
    throw new WireError('forged', "the answer isn't signed by the pinned policy key for this request");
  }
  const batch = await openBatch(context, answer, kemSecretKey);
  try {
    return decodeSecretBatch(batch);
  } finally {
    wipe(batch);
  }
}

export function encodeSealedAnswer(answer: SealedAnswer): Uint8Array {
  return Message.encode({
    keyId: Buffer.from(answer.keyId),
    secretsEpoch: BigInt(answer.secretsEpoch),
    kemCiphertext: Buffer.from(answer.kemCiphertext),
    sealed: Buffer.from(answer.sealed),
    signature: Buffer.from(answer.signature),
  }).finish();
}

/** @throws WireError `malformed` */
export function decodeSealedAnswer(bytes: Uint8Array): SealedAnswer {
  const message = decodeStrict('sealed answer', Message, bytes);
  if (message.sealed.length < MIN_SEALED_BYTES) throw new WireError('malformed', 'the sealed batch is too short');
  return {
    keyId: sized('the key id', message.keyId, KEY_ID_BYTES),
    secretsEpoch: counter('the epoch', message.secretsEpoch),
    kemCiphertext: sized('the KEM ciphertext', message.kemCiphertext, KEM_CIPHERTEXT_BYTES),
    sealed: message.sealed,
    signature: sized('the signature', message.signature, SIGNATURE_BYTES),
  };
}

async function encapsulate(publicKey: Uint8Array) {
  const xWing = await loadXWing();
  try {
    return xWing.encapsulate(publicKey);
  } catch (cause) {
    if (!(cause instanceof CryptoError) || cause.code !== 'bad_key') throw cause;
    throw new WireError('malformed', 'the KEM public key is none', { cause });
  }
}

async function openBatch(context: AnswerContext, answer: SealedAnswer, kemSecretKey: Uint8Array): Promise<Uint8Array> {
  const xWing = await loadXWing();
  try {
    const key = await answerKey(context, answer.kemCiphertext, xWing.decapsulate(answer.kemCiphertext, kemSecretKey));
    try {
      return key.open(answer.sealed, answerAad(context, answer.secretsEpoch));
    } finally {
      key.dispose();
    }
  } catch (cause) {
    if (!(cause instanceof CryptoError) || cause.code !== 'forged') throw cause;
    throw new WireError('forged', "the answer doesn't open", { cause });
  }
}

/** Derives the answer's key and wipes the shared secret. The info binds it to both public values and the request. */
async function answerKey(context: AnswerContext, kemCiphertext: Uint8Array, sharedSecret: Uint8Array) {
  const hmac = await loadHmacSha256();
  const aes = await loadAes256Gcm();
  const info = encodeCanonical('vigo/sealed-answer-key/v1', context.kemPublicKey, kemCiphertext, context.requestHash);
  const keyBytes = hmac.deriveKey({ secret: sharedSecret, info }, AES_KEY_BYTES);
  try {
    return aes.importKey(keyBytes);
  } finally {
    wipe(sharedSecret, keyBytes);
  }
}

function answerAad(context: AnswerContext, secretsEpoch: number): Uint8Array {
  return encodeCanonical('vigo/sealed-answer-aad/v1', context.requestHash, secretsEpoch);
}

function answerBytes(context: AnswerContext, answer: Omit<SealedAnswer, 'signature'>): Uint8Array {
  const { keyId, secretsEpoch, kemCiphertext, sealed } = answer;
  return encodeCanonical('vigo/sealed-answer/v1', keyId, context.requestHash, secretsEpoch, kemCiphertext, sealed);
}
