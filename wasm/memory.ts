// The fixed memory of the kernel: 1 MiB that never grows.

/** Bytes of keystream that one batch makes: eight blocks side by side with SIMD, four without. */
@inline export const BATCH_BYTES: usize = ASC_FEATURE_SIMD ? 128 : 64;
@inline export const BATCH_BLOCKS: u32 = <u32>(BATCH_BYTES / 16);

/** The GHASH accumulator, then the tag. First of the places that a message leaves secrets in, which end at SCHEDULE. */
export const HASH: usize = 1024;
/** A block that has to be filled up before it can be absorbed. */
export const BLOCK: usize = HASH + 16;
/** Four blocks, or fewer behind zeros, that are absorbed in one step. */
export const GROUP: usize = BLOCK + 16;
/** The eight bit planes of the AES state. */
export const STATE: usize = GROUP + 64;
/** The first batch of keystream: the mask of the tag in its second block, the start of the text behind it. */
export const KEYSTREAM: usize = STATE + 128;
/** The 60 words of the AES-256 key schedule while a key is expanded. */
export const SCHEDULE: usize = KEYSTREAM + 128;
export const SCHEDULE_BYTES: usize = 240;

/** Where the caller puts AAD, piece by piece. */
export const AAD: usize = 2048;
export const AAD_BYTES: usize = 2048;

/**
 * Where the caller puts a key, or text to be transformed in place, piece by piece. The nonce stands right before it and
 * the tag right behind the last piece, so that a short sealed message is one copy. A batch may run past the end.
 */
export const BUFFER: usize = AAD + AAD_BYTES + 16;
export const BUFFER_BYTES: usize = 16384;
export const NONCE: usize = BUFFER - 12;

/** Key contexts, one per slot. */
export const CONTEXTS: usize = BUFFER + BUFFER_BYTES + 128;
export const SLOTS: usize = 64;
