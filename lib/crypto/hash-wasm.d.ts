/** hash-wasm's build of SHA-256 alone: a twelfth of the whole library. CommonJS, so Node gives a default export only. */
declare module 'hash-wasm/dist/sha256.umd.min.js' {
  const hashWasm: Pick<typeof import('hash-wasm'), 'createSHA256'>;
  export default hashWasm;
}
