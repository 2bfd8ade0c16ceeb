// What is called of the @noble packages, version 2 (post-quantum: 0.5 and later). They are no dependency of Vigo.
declare module '@noble/ciphers/aes.js' {
  export function gcm(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
  ): { encrypt(plaintext: Uint8Array): Uint8Array; decrypt(sealed: Uint8Array): Uint8Array };
}

declare module '@noble/curves/ed25519.js' {
  export const ed25519: {
    getPublicKey(seed: Uint8Array): Uint8Array;
    sign(message: Uint8Array, seed: Uint8Array): Uint8Array;
    verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean;
  };
}

declare module '@noble/hashes/argon2.js' {
  export function argon2id(
    password: Uint8Array,
    salt: Uint8Array,
    cost: { t: number; m: number; p: number; dkLen: number },
  ): Uint8Array;
}

declare module '@noble/hashes/sha2.js' {
  export const sha256: {
    (data: Uint8Array): Uint8Array;
    create(): { update(data: Uint8Array): unknown; digest(): Uint8Array };
  };
}

declare module '@noble/hashes/hmac.js' {
  export function hmac(
    hash: typeof import('@noble/hashes/sha2.js').sha256,
    key: Uint8Array,
    data: Uint8Array,
  ): Uint8Array;
}

declare module '@noble/hashes/hkdf.js' {
  export function hkdf(
    hash: typeof import('@noble/hashes/sha2.js').sha256,
    secret: Uint8Array,
    salt: Uint8Array,
    info: Uint8Array,
    bytes: number,
  ): Uint8Array;
}

declare module '@noble/post-quantum/hybrid.js' {
  /** X-Wing. */
  export const ml_kem768_x25519: {
    keygen(): { publicKey: Uint8Array; secretKey: Uint8Array };
    encapsulate(publicKey: Uint8Array): { cipherText: Uint8Array; sharedSecret: Uint8Array };
    decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
  };
}
