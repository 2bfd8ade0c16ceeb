import type { Recipient } from '../../archive/index.js';
import { toBase64Url, toHex } from '../../base/index.js';
import { FilesError } from '../../files/index.js';
import type { Store } from '../../store/index.js';
import { CliError } from '../errors.js';
import { readRecipient } from './locking.js';

const CHANGES = ['backup.recipient_added', 'backup.recipient_removed'] as const;
/** The newest of each; among them are those that failed. */
const LIMIT = 1000;

/** A recipient as the vault's list of registered ones names it. */
export function nameRecipient({ id, publicKey }: Recipient): { id: string; key: string } {
  return { id: toHex(id), key: toBase64Url(publicKey) };
}

/** The version of the list of registered recipients after its last recorded change, 0 without one. */
export async function seenListVersion(store: Pick<Store, 'listAudit'>): Promise<number> {
  const { decodeEntry } = await import('../../audit/index.js');
  const lists = await Promise.all(CHANGES.map((action) => store.listAudit({ action, limit: LIMIT })));
  const versions = lists.flat().map(({ bytes }) => {
    const { outcome, detail } = decodeEntry(bytes);
    return outcome === 'done' ? Number(detail?.version ?? 0) : 0;
  });
  return Math.max(0, ...versions);
}

/**
 * The id of a recipient that is named by it, by its public key, or by a file that holds that.
 * @throws CliError `no_recipient` where it is none of these; ArchiveError `bad_recipient`; FilesError
 */
export async function readRecipientId(named: string): Promise<string> {
  if (/^[0-9a-f]{16}$/.test(named)) return named;
  try {
    return toHex((await readRecipient(named)).id);
  } catch (cause) {
    if (!(cause instanceof FilesError) || cause.code !== 'not_found') throw cause;
    throw new CliError('no_recipient', `${named} is neither the id of a recipient nor the file of its public key`, {
      hint: 'vigocli backup recipients list shows the ids',
      cause,
    });
  }
}
