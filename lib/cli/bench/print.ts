import { formatTable, formatTime } from '../console/table.js';
import type { Report, Row, Times } from './report.js';

/** The header and a table: what each engine takes, and how that relates to the first one. */
export function formatReport(report: Report): string {
  const engines = report.engines.map(({ name }) => name);
  const [first, ...others] = engines;
  const header = [
    'PRIMITIVE',
    'WORK',
    ...[first, ...others.flatMap((name) => [name, ''])].map((name = '') => name.toUpperCase()),
  ];
  const rows = report.rows.map(({ primitive, work, times }) => {
    const own = timesOf(times, first);
    return [
      primitive,
      work,
      formatTimes(own),
      ...others.flatMap((name) => {
        const other = timesOf(times, name);
        return [formatTimes(other), own && other ? `${formatRatio(other.median_ns / own.median_ns)}×` : ''];
      }),
    ];
  });
  return `${describe(report)}
figures   medians and half the distance of their quartiles, of alternating rounds in the least disturbed of ${report.processes}
          ${report.processes === 1 ? 'process' : 'processes'}; n× is how many times as long as ${first} it takes

${formatTable(header, rows)}`;
}

/** The same rows on two machines. Rows and engines that only one of them has are left out. */
export function formatComparison(here: Report, there: Report): string {
  const rows = here.rows.flatMap((row) => {
    const other = there.rows.find((candidate) => sameWork(candidate, row));
    return row.times.flatMap(({ engine, median_ns }) => {
      const times = timesOf(other?.times ?? [], engine);
      if (times === undefined) return [];
      const ratio = formatRatio(median_ns / times.median_ns);
      return [[row.primitive, row.work, engine, formatNs(median_ns), formatNs(times.median_ns), `${ratio}×`]];
    });
  });
  return `here
${describe(here)}

there
${describe(there)}

${formatTable(['PRIMITIVE', 'WORK', 'ENGINE', 'HERE', 'THERE', 'HERE TAKES'], rows)}`;
}

/** The rows of one that the other one hasn't. */
export function missingFrom(one: Report, other: Report): string[] {
  return one.rows
    .filter((row) => !other.rows.some((candidate) => sameWork(candidate, row)))
    .map(({ primitive, work }) => `${primitive} ${work}`);
}

function describe({ vigo, at, machine, node, kernel, engines }: Report): string {
  const { processor, processors, platform, release, arch, features } = machine;
  return `machine   ${processor}, ${processors} ${processors === 1 ? 'processor' : 'processors'}, ${platform} ${release} ${arch}
features  ${features.join(' ') || 'none known'}
node      ${node.version}, v8 ${node.v8}, openssl ${node.openssl}
kernel    ${kernel.build}${kernel.fallback === undefined ? '' : ` (${kernel.fallback})`}, sha256 ${kernel.sha256.slice(0, 16)}…
engines   ${engines.map(({ name, version }) => `${name} (${version})`).join(', ')}
measured  ${formatTime(Date.parse(at))} by vigocli ${vigo}`;
}

function sameWork(a: Row, b: Row): boolean {
  return a.primitive === b.primitive && a.work === b.work;
}

function timesOf(times: readonly Times[], engine: string | undefined): Times | undefined {
  return times.find((each) => each.engine === engine);
}

function formatTimes(times: Times | undefined): string {
  if (times === undefined) return '-';
  const { median_ns, lower_quartile_ns, upper_quartile_ns } = times;
  const spread = (upper_quartile_ns - lower_quartile_ns) / 2 / median_ns;
  return `${formatNs(median_ns)} ±${(spread * 100).toFixed(0)}%`;
}

function formatNs(ns: number): string {
  if (ns < 1e3) return `${ns.toFixed(0)} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(3)} µs`;
  return `${(ns / 1e6).toFixed(ns < 1e7 ? 2 : 1)} ms`;
}

function formatRatio(ratio: number): string {
  return ratio >= 10 ? ratio.toFixed(0) : ratio.toPrecision(2);
}
