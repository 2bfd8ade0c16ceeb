import { parseKeyName } from '../base/index.js';

/** The server's own keys: for policy heads and sealed answers, for audit checkpoints, for the generations of envoys. */
export const SERVER_KEYS = ['policy', 'checkpoint', 'generation'].map(parseKeyName);
