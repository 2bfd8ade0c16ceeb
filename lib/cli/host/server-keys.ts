import { parseKeyName } from '../../base/index.js';

/** The server's own keys: for policy heads and sealed answers, audit checkpoints, generations of envoys, watch marks. */
export const SERVER_KEYS = ['policy', 'checkpoint', 'generation', 'watch'].map(parseKeyName);

/** The one that the start of a server makes, where an earlier version of Vigo made none. */
export const KEY_MADE_AT_START = parseKeyName('watch');
