/**
 * Somebody's implementation of some of the primitives, all in one shape, so that they can be compared and timed in
 * turn. Keys are set up beforehand, because those who use a key use it often; nonces are drawn inside `seal`.
 */
export interface Engine {
  readonly name: string;
  readonly version: string;
  aes256Gcm?(key: Uint8Array): {
    /** Nonce, ciphertext, tag. */
    seal(plaintext: Uint8Array, aad: Uint8Array): Uint8Array;
    /** @throws where it isn't authentic */
    open(sealed: Uint8Array, aad: Uint8Array): Uint8Array;
  };
  argon2id?(
    password: Uint8Array,
    salt: Uint8Array,
    cost: { memoryKiB: number; passes: number },
  ): Uint8Array | Promise<Uint8Array>;
  ed25519?(seed: Uint8Array): {
    sign(message: Uint8Array): Uint8Array;
    verify(signature: Uint8Array, message: Uint8Array): boolean;
  };
  sha256?: {
    digest(data: Uint8Array): Uint8Array;
    /** The digest of parts that come one after the other. */
    digestParts(parts: readonly Uint8Array[]): Uint8Array;
  };
  hmacSha256?(key: Uint8Array, data: Uint8Array): Uint8Array;
  hkdfSha256?(secret: Uint8Array, salt: Uint8Array, info: Uint8Array, bytes: number): Uint8Array;
  xWing?: {
    generateKeyPair(): { publicKey: Uint8Array; secretKey: Uint8Array };
    encapsulate(publicKey: Uint8Array): { ciphertext: Uint8Array; sharedSecret: Uint8Array };
    decapsulate(ciphertext: Uint8Array, secretKey: Uint8Array): Uint8Array;
  };
  randomBytes?(length: number): Uint8Array;
}

type Ability = Exclude<keyof Engine, 'name' | 'version'>;

/** The engines that have the primitive, each with it. */
export function having<K extends Ability>(
  engines: readonly Engine[],
  ability: K,
): { engine: string; able: NonNullable<Engine[K]> }[] {
  return engines.flatMap((engine) => {
    const able = engine[ability];
    return able === undefined ? [] : [{ engine: engine.name, able }];
  });
}
