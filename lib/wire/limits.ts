import type { RequestMethod } from './methods.js';

const KIB = 1024;
const MIB = 1024 * KIB;

/** The most bytes that a whole signed request of each method may have, checked before anything in it is parsed. */
export const maxRequestBytes: Readonly<Record<RequestMethod, number>> = {
  // The largest head has 64 KiB of watch marks.
  CheckIn: 128 * KIB,
  ResolveSecrets: 512 * KIB,
  ReportRun: MIB,
  WakeUp: KIB,
  RenewCertificate: KIB,
};

/** The most bytes of one secret's value. */
export const MAX_SECRET_BYTES = MIB;
/** The most bytes of all values that one bundle refers to; checked when a config is published. */
export const MAX_BUNDLE_SECRET_BYTES = 8 * MIB;
/** The most bytes of a bundle's body. */
export const MAX_BODY_BYTES = 8 * MIB;
/** The most bytes of any answer: a batch of secrets or a body, with what stands around it. */
export const MAX_ANSWER_BYTES = 10 * MIB;
/** The most refs in one ResolveSecrets. */
export const MAX_REFS = 4096;
/** The most resources of one body that watch secrets, and the bytes of the mark that a head has for each of them. */
export const MAX_WATCHES = 4096;
export const WATCH_MARK_BYTES = 16;
/** Bytes of a generation: a counter and the server's MAC over it. Only the server looks into it. */
export const GENERATION_BYTES = 40;
export const MAX_TRAITS = 128;
export const MAX_TRAIT_BYTES = 1024;
/** The most results in one run report, and the most characters of each message, name and failure in it. */
export const MAX_RESULTS = 10_000;
export const MAX_RESULT_MESSAGE_CHARS = 4096;
export const MAX_RESULT_NAME_CHARS = 400;
export const MAX_FAILURE_CHARS = 4096;
