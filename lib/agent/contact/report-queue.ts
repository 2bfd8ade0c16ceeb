import { type Redactor, VigoError } from '../../base/index.js';
import { RpcError } from '../../rpc/index.js';
import { decodeRunReport, encodeRunReport, maxRequestBytes, type RunReport } from '../../wire/index.js';
import type { Session } from './session.js';

/** Some hours of runs, at the usual interval. */
const MAX_REPORTS = 100;
/** What the envelope around a report takes at most. */
const ENVELOPE_BYTES = 1024;
/** How far messages are cut where a report has too many of them. With names of usual length the most results fit without any. */
const MESSAGE_CHARS = [400, 100, 0];

/** Reports on their way to the server, which may be away (S6). In memory: where they are too many, the oldest go. */
export class ReportQueue {
  readonly #reports: Uint8Array[] = [];

  get length(): number {
    return this.#reports.length;
  }

  /** @param report redacted already */
  add(report: RunReport): void {
    if (this.#reports.length === MAX_REPORTS) this.#reports.shift();
    this.#reports.push(encode(report));
  }

  /**
   * Sends them, the oldest first, redacted once more: a value may be known by now that wasn't when the run ended. One
   * that the server calls wrong is dropped: it won't become right.
   * @throws Rejection, RpcError; what wasn't delivered stays.
   */
  async deliver(session: Session, redact: Redactor): Promise<void> {
    for (let report = this.#reports[0]; report !== undefined; report = this.#reports[0]) {
      try {
        await session.call('ReportRun', encode(redacted(decodeRunReport(report), redact)));
      } catch (cause) {
        if (!isWrong(cause)) throw cause;
      }
      this.#reports.shift();
    }
  }
}

/** A server that has too much to do just now, which is `busy`, says nothing about the report. */
function isWrong(cause: unknown): boolean {
  if (cause instanceof RpcError && cause.code === 'too_large') return true;
  return cause instanceof VigoError && cause.kind === 'invalid';
}

function redacted(report: RunReport, redact: Redactor): RunReport {
  return {
    ...report,
    results: report.results.map((result) => ({ ...result, message: redact(result.message) })),
    failure: report.failure && redact(report.failure),
  };
}

function encode(report: RunReport): Uint8Array {
  let bytes = encodeRunReport(report);
  for (const chars of MESSAGE_CHARS) {
    if (bytes.length + ENVELOPE_BYTES <= maxRequestBytes.ReportRun) break;
    const results = report.results.map((result) => ({ ...result, message: result.message.slice(0, chars) }));
    bytes = encodeRunReport({ ...report, results });
  }
  return bytes;
}
