import { parseKeyName } from '../base/index.js';

/** The server's own keys: what signs policy heads and sealed answers, and what will sign audit checkpoints. */
export const SERVER_KEYS = ['policy', 'checkpoint'].map(parseKeyName);
