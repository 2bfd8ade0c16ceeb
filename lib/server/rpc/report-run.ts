import type { Store } from '../../store/index.js';
import { decodeRunReport } from '../../wire/index.js';
import type { AuthenticatedRequest } from './authenticate.js';

const RECEIPT = new Uint8Array();

/** Keeps what an envoy reports about a run. The same run reported twice counts once. */
export async function reportRun(
  store: Pick<Store, 'saveRun'>,
  { envoy, payload }: AuthenticatedRequest,
): Promise<Uint8Array> {
  await store.saveRun(envoy.id, decodeRunReport(payload));
  return RECEIPT;
}
