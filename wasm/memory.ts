// The fixed memory of the kernel: 1 MiB that never grows.

/** Bytes of keystream that one batch makes: eight blocks side by side with SIMD, four without. */
@inline export const BATCH_BYTES: usize = ASC_FEATURE_SIMD ? 128 : 64;

/** Sixteen bytes that nobody writes. */
export const ZEROS: usize = 1024 - 16;

// What messages leave secrets in: up to SCHEDULE, and only up to STATE_2 where one batch of keystream is enough.
/** The GHASH accumulator, then the tag. */
export const HASH: usize = 1024;
/** The eight bit planes of the AES state. */
export const STATE: usize = HASH + 16;
/** The first two batches of keystream: the mask of the tag in the second block, the start of the text behind it. */
export const KEYSTREAM: usize = STATE + BATCH_BYTES;
/** A second state, encrypted in step with the first. */
export const STATE_2: usize = KEYSTREAM + 2 * BATCH_BYTES;
/** The state after the first round at the last counter that was a multiple of 256. */
export const ROUND_1: usize = STATE_2 + BATCH_BYTES;
/** The 60 words of the AES-256 key schedule while a key is expanded. */
export const SCHEDULE: usize = ROUND_1 + BATCH_BYTES;
export const SCHEDULE_BYTES: usize = 240;

/** Where the caller puts the nonce of a message to be opened. */
export const NONCE: usize = 2048;
/** Where the caller keeps fresh nonces for messages to be sealed. */
export const FRESH_NONCES: usize = NONCE + 16;
export const FRESH_NONCES_BYTES: usize = 256 * 12;

/**
 * Where the caller puts a key, or text to be transformed in place, piece by piece. AAD stands in front of it and is filled
 * up with zeros to BUFFER, so that both are one sequence for GHASH, with the lengths behind it.
 */
export const AAD_BYTES: usize = 2048;
export const BUFFER: usize = FRESH_NONCES + FRESH_NONCES_BYTES + AAD_BYTES;
export const BUFFER_BYTES: usize = 16384;

/** Key contexts, one per slot. Two batches, the tag and the lengths may run past the end of BUFFER. */
export const CONTEXTS: usize = BUFFER + BUFFER_BYTES + 320;
export const SLOTS: usize = 64;
