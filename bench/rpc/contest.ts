import { quantile } from '../measure.js';
import type { Spent } from './load.js';

/** One server doing one kind of work. */
export interface Contender {
  readonly name: string;
  /** One round of it. */
  run(): Promise<Spent>;
}

const spentOn = (rounds: readonly Spent[], what: (spent: Spent) => number) => quantile(rounds.map(what), 1 / 2);

/** All contenders in turn, after a round that isn't counted; prints medians, and how they relate to the first. */
export async function contest(title: string, contenders: readonly Contender[], rounds: number): Promise<void> {
  const lanes = contenders.map((contender) => ({ contender, spent: [] as Spent[] }));
  for (let round = 0; round <= rounds; round++) {
    for (const { contender, spent } of lanes) {
      const result = await contender.run();
      if (round > 0) spent.push(result);
    }
  }
  console.log(`\n${title}`);
  console.log(
    `| ${'median of rounds'.padEnd(36)} | per second (slowest to fastest) | of the first | server, µs each | server busy |`,
  );
  console.log('| --- | ---: | ---: | ---: | ---: |');
  const first = lanes[0]?.spent ?? [];
  for (const { contender, spent } of lanes) {
    const rates = spent.map(({ perSecond }) => perSecond);
    const ratios = rates.map((rate, round) => rate / (first[round]?.perSecond ?? Number.NaN));
    const cells = [
      contender.name.padEnd(36),
      `${count(quantile(rates, 1 / 2))} (${count(Math.min(...rates))} to ${count(Math.max(...rates))})`,
      quantile(ratios, 1 / 2).toFixed(2),
      count(spentOn(spent, ({ cpuUs }) => cpuUs)),
      `${(spentOn(spent, ({ busy }) => busy) * 100).toFixed(0)} %`,
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en');
}
