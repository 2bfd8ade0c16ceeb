import { VigoError } from '../base/index.js';

/** The rooms whose files a server needs. */
const DISK_ROOMS = ['files', 'store', 'vault'];

/**
 * Whether the operator of the server must hear of an error: a defect, damage, or a disk that fails or is full, and not what
 * a caller did wrong.
 */
export function isServerFault(error: unknown): boolean {
  if (!(error instanceof VigoError) || error.kind === 'internal' || error.kind === 'corrupt') return true;
  if (error.room === 'files') return true;
  return DISK_ROOMS.includes(error.room) && (error.kind === 'exhausted' || error.kind === 'unavailable');
}
