import type { Store } from '../../store/index.js';
import { decodeRunReport, type RunReport } from '../../wire/index.js';
import type { Envoy } from '../agents/fleet.js';
import type { EventLog } from '../host/log.js';
import type { AuthenticatedRequest } from './authenticate.js';

const RECEIPT = new Uint8Array();

/** How many of the resources that failed are named in the log. */
const MAX_NAMED = 20;

export interface ReportContext {
  readonly store: Pick<Store, 'saveRun'>;
  readonly log: Pick<EventLog, 'warn' | 'debug'>;
}

/** Keeps what an envoy reports about a run. The same run reported twice counts once. */
export async function reportRun(
  { store, log }: ReportContext,
  { envoy, payload }: AuthenticatedRequest,
): Promise<Uint8Array> {
  const report = decodeRunReport(payload);
  const { saved } = await store.saveRun(envoy.id, report);
  if (saved) tell(log, envoy, report);
  return RECEIPT;
}

/** Names hosts and resources, and never quotes a message: what a command printed may hold more than its redaction knows. */
function tell(log: ReportContext['log'], { id, hostName }: Envoy, { runId, results, failure }: RunReport): void {
  const failed = results.filter(({ outcome }) => outcome === 'failed');
  const fields = { subject: id, detail: { host_name: hostName, run: runId, resources: results.length } };
  if (failed.length === 0 && failure === undefined) {
    log.debug({ event: 'run.succeeded', ...fields }, `the run of ${hostName} succeeded`);
    return;
  }
  const names = failed.slice(0, MAX_NAMED).map(({ configcrate, resource }) => `${configcrate}/${resource}`);
  const detail = { ...fields.detail, failed: failed.length, failed_resources: names, aborted: failure !== undefined };
  const words = failure === undefined ? `failed: ${failed.length} of ${results.length} resources` : 'was aborted';
  log.warn({ event: 'run.failed', ...fields, detail }, `the run of ${hostName} ${words}`);
}
