import { readFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import { filesError } from '../../files/index.js';
import { CliError } from '../errors.js';

export const FORMAT = 'vigo/bench/v1';

const nanoseconds = z.number().check(z.positive());

const Times = z.strictObject({
  engine: z.string(),
  /** All three of one process, the same for every engine of the row. */
  median_ns: nanoseconds,
  lower_quartile_ns: nanoseconds,
  upper_quartile_ns: nanoseconds,
  /** Of every process, in the order in which they ran. */
  process_medians_ns: z.array(nanoseconds).check(z.minLength(1)),
});

const Row = z.strictObject({
  primitive: z.string(),
  work: z.string(),
  bytes: z.optional(z.int().check(z.nonnegative())),
  times: z.array(Times).check(z.minLength(1)),
});

const Report = z.strictObject({
  format: z.literal(FORMAT),
  vigo: z.string(),
  at: z.iso.datetime(),
  machine: z.strictObject({
    processor: z.string(),
    processors: z.int(),
    arch: z.string(),
    platform: z.string(),
    release: z.string(),
    features: z.array(z.string()),
  }),
  node: z.strictObject({ version: z.string(), v8: z.string(), openssl: z.string() }),
  kernel: z.strictObject({ build: z.string(), sha256: z.string(), fallback: z.optional(z.string()) }),
  engines: z.array(z.strictObject({ name: z.string(), version: z.string() })),
  processes: z.int().check(z.positive()),
  rows: z.array(Row),
});

/** What `vigocli bench --json` prints and `--compare` reads. */
export type Report = z.infer<typeof Report>;
export type Row = z.infer<typeof Row>;
export type Times = z.infer<typeof Times>;

/** @throws FilesError where it can't be read; CliError `bad_report` where it isn't a report of this version */
export async function readReport(path: string): Promise<Report> {
  const text = await readFile(path, 'utf8').catch((cause) => {
    throw filesError('read', path, cause);
  });
  return parseReport(path, text);
}

/** @throws CliError `bad_report` that names the first member that is wrong */
export function parseReport(path: string, text: string): Report {
  const bad = (what: string) =>
    new CliError('bad_report', `${path} ${what}`, { hint: 'make one there with: vigocli bench --json > report.json' });
  const json = parseJson(text);
  if (json === undefined) throw bad('is not JSON');
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (typeof format !== 'string') throw bad('is not a report of vigocli bench');
  if (format !== FORMAT) throw bad(`is a report in the format ${JSON.stringify(format)}; this version reads ${FORMAT}`);
  const { success, data, error } = Report.safeParse(json);
  if (success) return data;
  const [issue] = error.issues;
  if (issue?.code === 'unrecognized_keys')
    throw bad(`has ${[...issue.path, issue.keys[0]].join('.')}, which no report has`);
  throw bad(`has no right value for ${issue?.path.join('.')}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
